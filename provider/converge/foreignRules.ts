import type { Desired } from "../model/desired";
import { isOurCookie } from "../model/identity";
import type { ClaimSet } from "../model/readClaims";
import { dumpFlows } from "../ovs/dumpFlows";
import type { BridgeFacts, Facts } from "../ovs/facts";
import { changeForeignFlows, type ForeignTarget, type TakenPlace } from "../ovs/foreignFlow";
import type { HostGuard } from "../ovs/guarded";
import { type Flow, flowKey, parseFlow } from "../ovs/openflow";
import { openflowVersion } from "../ovs/openflowVersion";
import { notedForeignBridges } from "../plan/claims";
import { ruleText } from "../plan/flowText";
import { bridgesOfOurPorts } from "../plan/ours";
import { ruleNumbers } from "../plan/portNumbers";
import type { Claim } from "../schema/claim";
import { type HostAccess, ofctlTarget, tapBridgeOf } from "./access";
import { hostGuard } from "./guard";
import { requireHeld } from "./otherWriter";
import type { Pushed } from "./pushRules";

/** How our rules on one foreign bridge differ from the desired ones. */
export interface ForeignRuleDifference {
  target: ForeignTarget;
  missing: Flow[];
  unexpected: Flow[];
}

/** The foreign bridges on which a claim may have a rule. */
function bridgesOf(claim: Claim): string[] {
  if (claim.kind === "service" && claim.attachment === "integration-bridge") return [claim.integrationBridge];
  return claim.kind === "flow" && claim.shared !== undefined ? [claim.shared.bridge] : [];
}

/** The foreign bridges on which there may be rules of ours: those of claims, and those of former claims. */
export function foreignBridges(
  { claims, bridge }: Pick<ClaimSet, "claims" | "bridge">,
  facts: Facts,
): Set<string> {
  const former = bridge === undefined ? bridgesOfOurPorts(facts) : notedForeignBridges(bridge);
  return new Set([...former, ...[...claims.values()].flatMap(bridgesOf)]);
}

function foreignTarget(access: HostAccess, bridge: BridgeFacts): ForeignTarget {
  return { ...ofctlTarget(access, bridge.name), protocols: bridge.protocols ?? [] };
}

/**
 * Deletes our last rules on other bridges before the tap bridge is deleted: afterwards nothing would lead to them.
 * Throws `OtherWriter` if another writer has changed the host since it was read.
 */
export async function deleteForeignRules(
  access: HostAccess,
  generation: string,
  facts: Facts,
  bridges: ReadonlySet<string>,
): Promise<void> {
  const differences = await compareForeignRules(access, NO_FOREIGN_RULES, facts, bridges);
  await applyForeignRules(differences, hostGuard(access, { generation, ofports: {} }));
}

const NO_FOREIGN_RULES: Pick<Desired, "foreignRules" | "coming"> = { foreignRules: [], coming: [] };

/** Any cookie that starts with our 16 bits. */
const OUR_COOKIES = "cookie=0x7a70000000000000/0xffff000000000000";

/** Compares our rules on the named bridges with the desired ones. */
export async function compareForeignRules(
  access: HostAccess,
  desired: Pick<Desired, "foreignRules" | "coming">,
  facts: Facts,
  bridges: ReadonlySet<string>,
): Promise<ForeignRuleDifference[]> {
  const present = facts.bridges.filter((bridge) => bridges.has(bridge.name));
  return Promise.all(
    present.map(async (bridge) => {
      const target = foreignTarget(access, bridge);
      const dumped = await dumpFlows(target, { match: OUR_COOKIES, version: openflowVersion(target) });
      const numbers = ruleNumbers(desired, facts, bridge.name, tapBridgeOf(access.record));
      const ours = dumped.filter((flow) => isOurCookie(flow.cookie));
      const wanted = desired.foreignRules
        .filter((rule) => rule.bridge === bridge.name)
        .map((rule) => ruleText(rule, numbers))
        .filter((text) => text !== undefined)
        .map((text) => parseFlow(text));
      const same = (a: Flow) => (b: Flow) =>
        flowKey(a) === flowKey(b) && a.cookie === b.cookie && a.actions === b.actions;
      return {
        target,
        missing: wanted.filter((flow) => !ours.some(same(flow))),
        unexpected: ours.filter((flow) => !wanted.some(same(flow))),
      };
    }),
  );
}

/** The result of writing rules on other bridges. */
export interface ForeignPushed {
  pushed: Pushed;
  /** Rules in whose place somebody else has one, by their bridges. */
  taken: (TakenPlace & { bridge: string })[];
}

/**
 * Makes our rules on other bridges the desired ones, while the host is what they were rendered from. Throws
 * `OtherWriter` if another writer has changed it before or meanwhile.
 */
export async function applyForeignRules(
  differences: readonly ForeignRuleDifference[],
  guard: HostGuard,
): Promise<ForeignPushed> {
  const result: ForeignPushed = { pushed: "same", taken: [] };
  for (const { target, missing, unexpected } of differences) {
    if (missing.length === 0 && unexpected.length === 0) continue;
    const { held, taken } = await changeForeignFlows(target, { missing, unexpected }, guard);
    requireHeld(held);
    if (missing.length > taken.length || unexpected.length > 0) result.pushed = "written";
    result.taken.push(...taken.map((one) => ({ ...one, bridge: target.bridge })));
  }
  return result;
}
