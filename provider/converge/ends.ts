import type { Rule } from "../model/desired";
import { dumpFlows } from "../ovs/dumpFlows";
import { encodeRule, wirePlace } from "../ovs/encodeRule";
import { flowKey, parseFlow } from "../ovs/openflow";
import type { TapReading } from "../ovs/tapSwitch";
import { flowText } from "../plan/flowText";
import { type PresentEnd, settleEnds } from "../plan/settleEnds";
import type { Claim } from "../schema/claim";
import { type HostAccess, ofctlTarget, tapBridgeOf } from "./access";

/** The time by the host's clock, if any of its claims ends; a host without such claims is not asked. */
export async function timeFor(access: HostAccess, claims: Iterable<Claim>): Promise<number> {
  for (const claim of claims) if (claim.kind === "flow" && claim.until !== undefined) return access.now();
  return Number.NEGATIVE_INFINITY;
}

/** The rules that a tap bridge should have now; `present`: what it has, if that was read. */
export async function rulesOfNow(
  access: HostAccess,
  rules: readonly Rule<number>[],
  present: TapReading | undefined,
): Promise<Rule<number>[]> {
  if (rules.every(({ until }) => until === undefined)) return [...rules];
  // The clock is read first: ages are compared with it, and reading it may take longer than the tolerance for rules.
  await access.now();
  const reading = await access.tapSwitch.read(present);
  const endOf = reading === undefined ? await dumpedEnds(access) : endsOf(reading);
  return settleEnds(rules, endOf, await access.now());
}

function endsOf({ flows }: TapReading): (rule: Rule<number>) => PresentEnd | undefined {
  return (rule) => flows.get(wirePlace(encodeRule(rule)));
}

/** The same, read by a command on the host. */
async function dumpedEnds(access: HostAccess): Promise<(rule: Rule<number>) => PresentEnd | undefined> {
  const dumped = await dumpFlows(ofctlTarget(access, tapBridgeOf(access.record)), { match: "table=0" });
  const places = new Map(dumped.map((flow) => [flowKey(flow), flow]));
  return (rule) => {
    const { age = 0, options = "" } = places.get(flowKey(parseFlow(flowText([rule])))) ?? {};
    const seconds = /(?:^|,)hard_timeout=(\d+)/.exec(options)?.[1];
    return seconds === undefined ? undefined : { age, hardTimeout: Number(seconds) };
  };
}
