import type { Desired, Meter, Rule } from "../model/desired";
import { tappingOf } from "../model/groups";
import { type ClaimSet, METERS_KEY } from "../model/readClaims";
import type { Facts } from "../ovs/facts";
import {
  compareMeters,
  deleteMeters,
  dumpMeters,
  type MeterSpec,
  putMeters,
  readMeters,
} from "../ovs/meters";
import { pushFlows } from "../ovs/pushFlows";
import type { TapReading } from "../ovs/tapSwitch";
import { flowText } from "../plan/flowText";
import { tapRules } from "../plan/numberRules";
import { portNumbers, reliedPorts } from "../plan/portNumbers";
import { traced } from "../trace";
import { type HostAccess, ofctlTarget, tapBridgeOf } from "./access";
import { rulesOfNow, rulesOn } from "./ends";
import { hostGuard, isCurrent, type Rendered } from "./guard";
import { OtherWriter, requireHeld } from "./otherWriter";

/** Whether a host's claims have a cap, or had one since its tap bridge was created: it may then have meters. */
export function isMetered({ claims, bridge }: Pick<ClaimSet, "claims" | "bridge">): boolean {
  const capped = [...claims.values()].some((claim) => tappingOf(claim)?.source.rateLimit !== undefined);
  return capped || bridge?.otherConfig[METERS_KEY] !== undefined;
}

/** The meters, each with the number of the port on which its copies arrive, and their owners. */
export function meterSpecs(
  desired: Desired,
  facts: Facts,
  tapBridge: string,
): (MeterSpec & Pick<Meter, "owners">)[] {
  const numbers = portNumbers(facts, tapBridge);
  return desired.meters.flatMap(({ inPort, ...meter }) => {
    const id = numbers.get(inPort);
    return id === undefined ? [] : [{ id, ...meter }];
  });
}

/** The input of a push. */
export interface Push {
  desired: Desired;
  facts: Facts;
  generation: number;
  /** Whether there are meters to check, existing or planned ones. */
  metered: "yes" | "no";
  /** What the tap bridge had a moment ago, if that was read. */
  present: TapReading | undefined;
}

/** Whether rules have been changed, or were right already. */
export type Pushed = "written" | "same";

/**
 * Makes the tap bridge's rules what they should be: first the meters, then all rules in one bundle, then the deletion
 * of unused meters. Throws `OtherWriter` if another writer changed the host.
 */
export async function pushRules(access: HostAccess, push: Push): Promise<Pushed> {
  const { desired, facts, generation } = push;
  const tapBridge = tapBridgeOf(access.record);
  const from = { generation, ofports: reliedPorts(desired, facts, tapBridge) };
  const rules = tapRules(desired, facts, tapBridge, generation);
  if (push.metered === "no") return replaceRules(access, rules, from, push.present);
  const target = ofctlTarget(access, tapBridge);
  const present = await access.tapSwitch.read(push.present);
  const meters = compareMeters(
    present === undefined ? await dumpMeters(target) : readMeters(present.meters),
    meterSpecs(desired, facts, tapBridge),
  );
  const guard = hostGuard(access, from);
  requireHeld(await putMeters(target, meters, guard));
  const pushed = await replaceRules(access, rules, from, present);
  requireHeld(await deleteMeters(target, meters.unexpected, guard));
  return pushed;
}

/**
 * Writes all rules in one bundle, over OpenFlow or else with ovs-ofctl. Throws `OtherWriter` if another writer changed
 * the host.
 */
async function replaceRules(
  access: HostAccess,
  wanted: readonly Rule<number>[],
  from: Rendered,
  present: TapReading | undefined,
): Promise<Pushed> {
  const replaced = await traced(
    access.record.name,
    () => "replace rules by OpenFlow",
    () =>
      access.tapSwitch.replace(
        (reading) => rulesOn(access, wanted, reading),
        () => isCurrent(access, from),
        present,
      ),
  );
  if (replaced === "moved") throw new OtherWriter();
  if (replaced !== undefined) return replaced;
  const target = ofctlTarget(access, tapBridgeOf(access.record));
  const rules = flowText(await rulesOfNow(access, wanted));
  const { outcome } = await pushFlows(target, rules, hostGuard(access, from));
  requireHeld(outcome === "pushed");
  return "written";
}
