import type { Desired } from "../model/desired";
import { isOurCookie } from "../model/identity";
import { dumpFlows } from "../ovs/dumpFlows";
import type { Facts } from "../ovs/facts";
import { addForeignFlow, deleteForeignFlow, type ForeignTarget, openflowVersion } from "../ovs/foreignFlow";
import { type Flow, flowKey, parseFlow } from "../ovs/openflow";
import { portNumbers, ruleText } from "../plan/flowText";
import type { Claim } from "../schema/claim";
import type { HostAccess } from "./access";

/** How the rules of ours on one bridge that is not ours differ from what they should be. */
export interface HookDifference {
  target: ForeignTarget;
  missing: Flow[];
  unexpected: Flow[];
}

/** The bridges that are not ours and on which a claim may have a rule. */
export function hookBridges(claim: Claim): string[] {
  if (claim.kind === "service" && claim.attachment === "integration-bridge") return [claim.integrationBridge];
  return claim.kind === "flow" && claim.shared !== undefined ? [claim.shared.bridge] : [];
}

/** Any cookie with our 16 bits in front. */
const OUR_COOKIES = "cookie=0x7a70000000000000/0xffff000000000000";

/** Compares the rules of ours on the named bridges with the desired ones. */
export async function compareHooks(
  access: HostAccess,
  desired: Desired,
  facts: Facts,
  bridges: ReadonlySet<string>,
): Promise<HookDifference[]> {
  const numbers = portNumbers(facts);
  const present = facts.bridges.filter((bridge) => bridges.has(bridge.name));
  return Promise.all(
    present.map(async (bridge) => {
      const target = {
        run: access.run,
        bridge: bridge.name,
        host: access.record.name,
        protocols: bridge.protocols ?? [],
      };
      const dumped = await dumpFlows(target, { match: OUR_COOKIES, version: openflowVersion(target) });
      const ours = dumped.filter((flow) => isOurCookie(flow.cookie));
      const wanted = desired.hooks
        .filter((hook) => hook.bridge === bridge.name)
        .map((hook) => ruleText(hook, numbers))
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

/** Makes the rules of ours on other bridges what they should be, each by exact cookie and strict match. */
export async function applyHooks(differences: readonly HookDifference[]): Promise<void> {
  for (const { target, missing, unexpected } of differences) {
    for (const flow of unexpected) await deleteForeignFlow(target, flow);
    for (const flow of missing) await addForeignFlow(target, flow);
  }
}
