import { otherEnds } from "../../../provider/converge/leftovers";
import type { HostRecord } from "../../../provider/host/host";
import { hasEnded } from "../../../provider/model/ended";
import { driftedStatus, goneText } from "../../../provider/resource/status";
import type { Claim, FlowClaim } from "../../../provider/schema/claim";
import type { State } from "../../api/rows";
import { type End, type Ends, hostsOf, viewOf } from "./ends";
import type { HostView } from "./hostWatch";

/** A state, with its reason. */
export interface Judged {
  state: State;
  reason?: string;
}

/**
 * The state of something that claims stand for, judged by the inspection of their hosts; the words are those of a
 * resource's `status`. `others`: further claims of its owner. Whichever of them is the right one, what is wrong with it
 * is told.
 */
export function judge(found: readonly (End | undefined)[], others: readonly End[], ends: Ends): Judged {
  const present = found.filter((end) => end !== undefined);
  const rivals = others.filter(({ claim }) => claim.token !== present[0]?.claim.token);
  const moving = others.filter((end) => !rivals.includes(end) && end.view.error === undefined);
  const all = [...present, ...moving];
  if (rivals.length > 0)
    return drifted([`also claimed on host ${hostsOf(rivals)}`, ...faultsOfAll([...all, ...rivals], ends)]);
  const silent = all.find(({ view }) => view.error !== undefined);
  if (silent !== undefined) return unreachable(silent.view);
  const pending = all.find(({ claim }) => claim.pending !== undefined);
  if (pending !== undefined)
    return { state: "pending", reason: `a run of ${pending.claim.writer} is creating it, or was killed` };
  const lost = all.flatMap(({ claim }) => goneEndsOf(claim, ends));
  if (lost.length > 0) return { state: "lost", reason: goneText(lost) };
  const faults = faultsOfAll(all, ends);
  if (faults.length > 0) return drifted(faults);
  const [first] = present;
  if (first?.claim.kind === "flow") return { state: stateOfFlow(first.claim) };
  return { state: "active" };
}

/** Hosts at other ends of a claim that are declared gone; of a flow that has ended, none is missed. */
function goneEndsOf(claim: Claim, { gone }: Ends): HostRecord[] {
  if (claim.kind === "flow" && stateOfFlow(claim) === "ended") return [];
  const addresses = new Set(otherEnds(claim).map(({ host }) => host.address));
  return gone.filter(({ address }) => addresses.has(address));
}

function drifted(faults: readonly string[]): Judged {
  return { state: "drifted", reason: driftedStatus(faults).replace(/^drifted: /, "") };
}

/** The state of what is on a host that does not answer. */
export function unreachable({ record, error }: HostView): Judged {
  return { state: "unreachable", reason: `host ${record.name}: ${error!.message}` };
}

/** The state of a flow as its claim alone has it, whatever differs on its hosts. */
export function stateOfFlow(claim: FlowClaim): State {
  if (hasEnded(claim, Date.now())) return "ended";
  return claim.source?.enabled === false ? "disabled" : "active";
}

function faultsOfAll(all: readonly End[], ends: Ends): string[] {
  return [...new Set(all.flatMap((end) => faultsOf(end, ends)))];
}

function faultsOf({ view, claim }: End, ends: Ends): string[] {
  const { inspection, record } = view;
  const differences = inspection.differences
    .filter(({ owners }) => owners.length === 0 || owners.includes(claim.owner))
    .map(({ what }) => `host ${record.name}: ${what}`);
  const missing = otherEnds(claim).flatMap(({ machine }) => {
    const other = viewOf(machine, claim.owner, ends);
    if (other === undefined || other.error !== undefined) return [];
    const isThere = ends.machines.get(machine)!.some((each) => hasClaim(each, claim));
    return isThere ? [] : [`host ${other.record.name}: claim missing`];
  });
  return [...missing, ...differences];
}

function hasClaim({ inspection }: End["view"], { owner, token }: Claim): boolean {
  return inspection.read.claims.get(owner)?.token === token;
}
