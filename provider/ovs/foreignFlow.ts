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

/** A rule that was not added, because somebody else has one in its place. */
export interface TakenPlace {
  flow: Flow;
  /** The error `flow-taken`. */
  error: TaasError;
}

/** The result of a change. */
export interface ForeignOutcome {
  /** Whether the guard has held; if not, nothing or only a part was written. */
  held: boolean;
  taken: TakenPlace[];
}

/**
 * Adds and deletes rules of ours while the guard holds, each only with its exact cookie, table, priority and match. A
 * rule that replaces an unexpected one does so in one step. OpenFlow would silently replace a rule with the same table,
 * priority and match. If such a rule does not have our mark, it belongs to somebody else and stays.
 */
export async function changeForeignFlows(
  target: ForeignTarget,
  { missing, unexpected }: ForeignChange,
  guard: HostGuard,
): Promise<ForeignOutcome> {
  const version = openflowVersion(target);
  const taken: TakenPlace[] = [];
  for (const flow of missing) {
    const error = await takerOf(target, version, flow, unexpected);
    if (error !== undefined) taken.push({ flow, error });
  }
  const free = missing.filter((flow) => !taken.some((one) => one.flow === flow));
  const replaced = new Set(free.map(flowKey));
  const commands: OfctlCommand[] = [
    ...free.map((flow) => ["add-flow", formatFlow(flow)] as const),
    ...unexpected
      .filter((flow) => !replaced.has(flowKey(flow)))
      .map((flow) => ["del-flows", foreignMatch(flow)] as const),
  ];
  const held =
    commands.length === 0 ||
    (await runGuarded({ ...target, version }, guard, commands, "writing its own rules"));
  return { held, taken };
}

/** The error if somebody else has a rule in the place of ours. */
async function takerOf(
  target: ForeignTarget,
  version: string,
  flow: Flow,
  ours: readonly Flow[],
): Promise<TaasError | undefined> {
  const present = await dumpFlows(target, { match: matchOf(flow, []), version });
  const known = new Set([flow, ...ours].map(({ cookie }) => cookie));
  const other = present.find((one) => flowKey(one) === flowKey(flow) && !known.has(one.cookie));
  if (other === undefined) return undefined;
  return new TaasError(
    `bridge ${target.bridge} has a rule of another owner with the same table, priority and match: ${formatFlow(other)}`,
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
