import { TaasError } from "../errors";
import { dumpFlows } from "./dumpFlows";
import { bridgeName, commandFailed, type OfctlTarget, ofctlArgv, runBounded } from "./ofctl";
import { type Flow, flowKey, formatFlow } from "./openflow";
import { openflowVersion } from "./openflowVersion";

/** A bridge that is not ours, such as br-int: single rules of ours, by exact cookie and strict match, and nothing else. */
export interface ForeignTarget extends OfctlTarget {
  /** The bridge's `protocols`; empty means OVS's default. */
  protocols: readonly string[];
}

/** Our rules on the bridge: those with exactly this cookie. */
export async function listForeignFlows(target: ForeignTarget, cookie: bigint): Promise<Flow[]> {
  return dumpFlows(target, { match: exactly(cookie), version: openflowVersion(target) });
}

/**
 * Adds one rule. OpenFlow would silently put it in the place of one with the same table, priority and match; such a
 * rule with another cookie is somebody else's, and an error with code `flow-taken`.
 */
export async function addForeignFlow(target: ForeignTarget, flow: Flow): Promise<void> {
  const version = openflowVersion(target);
  const present = await dumpFlows(target, { match: matchOf(flow, []), version });
  const taken = present.find((other) => flowKey(other) === flowKey(flow) && other.cookie !== flow.cookie);
  if (taken !== undefined) {
    throw new TaasError(
      `bridge ${target.bridge} has a rule of another owner in that place: ${formatFlow(taken)}`,
      {
        code: "flow-taken",
        host: target.host,
      },
    );
  }
  const argv = ofctlArgv(target, version, ["--", "add-flow", bridgeName(target), formatFlow(flow)]);
  const result = await runBounded(target, argv);
  if (result.exitCode !== 0) throw commandFailed(target, "adding a rule", result);
}

/** Removes one rule: only with this very cookie, table, priority and match. One that is not there is no error. */
export async function deleteForeignFlow(target: ForeignTarget, flow: Flow): Promise<void> {
  const args = ["--strict", "--", "del-flows", bridgeName(target), foreignMatch(flow)];
  const result = await runBounded(target, ofctlArgv(target, openflowVersion(target), args));
  if (result.exitCode !== 0) throw commandFailed(target, "removing a rule", result);
}

/** What a strict removal of one rule of ours matches. */
export function foreignMatch(flow: Flow): string {
  return matchOf(flow, [exactly(flow.cookie), `priority=${flow.priority}`]);
}

function exactly(cookie: bigint): string {
  return `cookie=0x${cookie.toString(16)}/-1`;
}

function matchOf(flow: Flow, more: readonly string[]): string {
  const parts = [...more, `table=${flow.table}`];
  return (flow.match === "" ? parts : [...parts, flow.match]).join(",");
}
