import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { type Desired, isRefusal, type Problem } from "../model/desired";
import type { ClaimSet } from "../model/readClaims";
import { render } from "../model/render";
import type { Facts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import type { Claim } from "../schema/claim";
import { tapBridgeOf } from "./access";
import type { Edit } from "./edit";
import { takeNotedHomes } from "./notedHomes";
import { finishLeaving, giveBack, recordHomes, removeLeftovers } from "./settle";

/** What a host's claims come to after some edits. */
export interface HostDraft {
  claims: Map<string, Claim>;
  desired: Desired;
  /** Operations that belong into the same transaction. */
  extra: Operation[];
}

/** A problem as the error its owner's operation ends with. */
function problemError(problem: Problem, host: string): TaasError {
  return new TaasError(problem.message, {
    code: problem.code,
    host,
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
  });
}

/** What the claims and the host's desired state are after the edits; edits that cannot be are left out and reported. */
export function draftHost(
  record: HostRecord,
  read: ClaimSet,
  facts: Facts,
  edits: readonly Edit[],
  reject: (edit: Edit, error: unknown) => void,
): HostDraft {
  const tapBridge = tapBridgeOf(record);
  let accepted = [...edits];
  for (;;) {
    const claims = new Map(read.claims);
    takeNotedHomes(claims, facts, tapBridge);
    const given = finishLeaving(claims, facts, tapBridge);
    removeLeftovers(claims, accepted);
    const refused = new Set<Edit>();
    for (const edit of accepted) {
      const attempt = new Map(claims);
      try {
        edit.apply(attempt, facts);
        claims.clear();
        for (const [owner, claim] of attempt) claims.set(owner, claim);
      } catch (error) {
        refused.add(edit);
        reject(edit, error);
      }
    }
    recordHomes(claims, facts, tapBridge, given);
    const desired = render(claims, facts, tapBridge);
    for (const edit of accepted) {
      const problem = refused.has(edit)
        ? undefined
        : desired.problems.find((one) => isRefusal(one) && concerns(one, edit, claims));
      if (problem === undefined) continue;
      refused.add(edit);
      reject(edit, problemError(problem, record.name));
    }
    if (refused.size === 0) return { claims, desired, extra: giveBack(given) };
    accepted = accepted.filter((edit) => !refused.has(edit));
  }
}

function concerns(problem: Problem, edit: Edit, claims: ReadonlyMap<string, Claim>): boolean {
  if (edit.kind === "note") return false;
  const token = claims.get(edit.owner)?.token;
  return (
    problem.owner === edit.owner ||
    (token === undefined && problem.owner.startsWith(`${edit.owner}#leaving-`))
  );
}
