import { TaasError } from "../errors";
import { dumpFlows } from "./dumpFlows";
import { type HostGuard, type OfctlCommand, runGuarded } from "./guarded";
import type { OfctlTarget } from "./ofctl";
import { type Flow, flowKey, formatFlow } from "./openflow";
import { openflowVersion } from "./openflowVersion";

/** A foreign bridge, such as br-int. Only single rules of ours are written there, by exact cookie and strict match. */
export interface ForeignTarget extends OfctlTarget {
  /** The bridge's `protocols`; empty means OVS's default. */
  protocols: readonly string[];
}

/** A change to our rules on a foreign bridge. */
export interface ForeignChange {
  missing: readonly Flow[];
  unexpected: readonly Flow[];
}

/**
 * Adds and deletes rules of ours while the guard holds, each only with its exact cookie, table, priority and match. A
 * rule that replaces an unexpected one does so in one step. Resolves to false if the guard has changed. OpenFlow would
 * silently replace a rule with the same table, priority and match. If such a rule does not have our mark, it belongs to
 * somebody else, and the error is `flow-taken`.
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
    commands.length === 0 || runGuarded({ ...target, version }, guard, commands, "writing its own rules")
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
    `bridge ${target.bridge} has a rule of another owner with the same table, priority and match: ${formatFlow(taken)}`,
    { code: "flow-taken", host: target.host },
  );
}

/** The match of a strict delete of one rule of ours. */
function foreignMatch(flow: Flow): string {
  return matchOf(flow, [`cookie=0x${flow.cookie.toString(16)}/-1`, `priority=${flow.priority}`]);
}

function matchOf(flow: Flow, more: readonly string[]): string {
  const parts = [...more, `table=${flow.table}`];
  return (flow.match === "" ? parts : [...parts, flow.match]).join(",");
}
