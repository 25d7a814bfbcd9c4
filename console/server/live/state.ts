import { otherEnds } from "../../../provider/converge/leftovers";
import { hasEnded } from "../../../provider/model/ended";
import { driftedStatus } from "../../../provider/resource/status";
import type { FlowClaim } from "../../../provider/schema/claim";
import type { State } from "../../api/rows";
import type { End, Ends } from "./ends";

/** A state, with its reason. */
export interface Judged {
  state: State;
  reason?: string;
}

/**
 * The state of something that claims stand for, judged by the inspection of their hosts; the words are those of a
 * resource's `status`.
 */
export function judge(found: readonly (End | undefined)[], ends: Ends): Judged {
  const present = found.filter((end) => end !== undefined);
  const silent = present.find(({ view }) => view.error !== undefined);
  if (silent !== undefined) {
    const { record, error } = silent.view;
    return { state: "unreachable", reason: `host ${record.name}: ${error!.message}` };
  }
  const pending = present.find(({ claim }) => claim.pending !== undefined);
  if (pending !== undefined)
    return { state: "pending", reason: `a run of ${pending.claim.writer} is creating it, or was killed` };
  const faults = [...new Set(present.flatMap((end) => faultsOf(end, ends)))];
  if (faults.length > 0) return { state: "drifted", reason: driftedStatus(faults).replace(/^drifted: /, "") };
  const [first] = present;
  if (first?.claim.kind === "flow") return { state: stateOfFlow(first.claim) };
  return { state: "active" };
}

/** The state of a flow as its claim alone has it, whatever differs on its hosts. */
export function stateOfFlow(claim: FlowClaim): State {
  if (hasEnded(claim, Date.now())) return "ended";
  return claim.source?.enabled === false ? "disabled" : "active";
}

function faultsOf({ view, claim }: End, ends: Ends): string[] {
  const { inspection, record } = view;
  const differences = inspection.differences
    .filter(({ owners }) => owners.length === 0 || owners.includes(claim.owner))
    .map(({ what }) => `host ${record.name}: ${what}`);
  const missing = otherEnds(claim).flatMap(({ machine }) => {
    const other = ends.machines.get(machine);
    if (other === undefined || other.error !== undefined) return [];
    const there = other.inspection.read.claims.get(claim.owner);
    return there?.token === claim.token ? [] : [`host ${other.record.name}: claim missing`];
  });
  return [...missing, ...differences];
}
