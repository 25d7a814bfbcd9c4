import { TaasError } from "../errors";
import { dumpFlows } from "./dumpFlows";
import { type HostGuard, type OfctlCommand, runGuarded } from "./guarded";
import type { OfctlTarget } from "./ofctl";
import { type Flow, flowKey, formatFlow } from "./openflow";
import { openflowVersion } from "./openflowVersion";

/** A bridge that is not ours, such as br-int: single rules of ours, by exact cookie and strict match, and nothing else. */
export interface ForeignTarget extends OfctlTarget {
  /** The bridge's `protocols`; empty means OVS's default. */
  protocols: readonly string[];
}

/** What is to be changed among the rules of ours on a bridge that is not ours. */
export interface ForeignChange {
  missing: readonly Flow[];
  unexpected: readonly Flow[];
}

/**
 * Adds and removes rules of ours, each only with its very cookie, table, priority and match, while the guard holds. A rule
 * that takes the place of an unexpected one replaces it in one step. Resolves to false where the guard has moved.
 * OpenFlow would silently put a rule in the place of one with the same table, priority and match; such a rule with another
 * mark than ours is somebody else's, and an error with code `flow-taken`.
 */
export async function changeForeignFlows(
  target: ForeignTarget,
  { missing, unexpected }: ForeignChange,
  guard: HostGuard,
): Promise<boolean> {
  const version = openflowVersion(target);
  for (const flow of missing) await refuseTaken(target, version, flow, unexpected);
  const replaced = new Set(missing.map(flowKey));
  const commands: OfctlCommand[] = [
    ...missing.map((flow) => ["add-flow", formatFlow(flow)] as const),
    ...unexpected
      .filter((flow) => !replaced.has(flowKey(flow)))
      .map((flow) => ["del-flows", foreignMatch(flow)] as const),
  ];
  return (
    commands.length === 0 || runGuarded({ ...target, version }, guard, commands, "writing rules of ours")
  );
}

async function refuseTaken(
  target: ForeignTarget,
  version: string,
  flow: Flow,
  ours: readonly Flow[],
): Promise<void> {
  const present = await dumpFlows(target, { match: matchOf(flow, []), version });
  const known = new Set([flow, ...ours].map(({ cookie }) => cookie));
  const taken = present.find((other) => flowKey(other) === flowKey(flow) && !known.has(other.cookie));
  if (taken === undefined) return;
  throw new TaasError(
    `bridge ${target.bridge} has a rule of another owner in that place: ${formatFlow(taken)}`,
    { code: "flow-taken", host: target.host },
  );
}

/** What a strict removal of one rule of ours matches. */
function foreignMatch(flow: Flow): string {
  return matchOf(flow, [`cookie=0x${flow.cookie.toString(16)}/-1`, `priority=${flow.priority}`]);
}

function matchOf(flow: Flow, more: readonly string[]): string {
  const parts = [...more, `table=${flow.table}`];
  return (flow.match === "" ? parts : [...parts, flow.match]).join(",");
}
