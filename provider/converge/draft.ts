import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { type Desired, isRefusal, type Problem } from "../model/desired";
import type { ClaimSet } from "../model/readClaims";
import { render } from "../model/render";
import { withNamesInUse } from "../model/serviceNames";
import type { Facts } from "../ovs/facts";
import { haveSameContent } from "../plan/claims";
import type { Claim } from "../schema/claim";
import { tapBridgeOf } from "./access";
import { bridgeInUse } from "./bridgeInUse";
import { cleanUps, type Edit } from "./edit";
import { portsInUse } from "./portsInUse";

type Claims = ReadonlyMap<string, Claim>;

/** What a host's claims and desired state become after some edits. */
export interface HostOutcome {
  claims: ReadonlyMap<string, Claim>;
  desired: Desired;
  /** The desired state before. */
  before: Desired;
}

/** The input of a draft. */
export interface DraftRequest {
  record: HostRecord;
  read: ClaimSet;
  facts: Facts;
  edits: readonly Edit[];
  /** By the host's clock; taps that have ended by then are cleaned up. */
  now: number;
  /** Called for each edit that is not possible. */
  reject(edit: Edit, error: unknown): void;
}

/**
 * The claims and the host's desired state after the edits and after the clean-up of leftovers. Impossible ones are left
 * out: an edit is rejected, a leftover stays. Throws the reason if the tap bridge has no claim, cannot be deleted, and no
 * edit is left to reject.
 */
export function outcomeOf({ record, read, facts, edits, now, reject }: DraftRequest): HostOutcome {
  const tapBridge = tapBridgeOf(record);
  const before = render(read.claims, facts, tapBridge);
  let open = [...cleanUps(read.claims, edits, now), ...edits];
  for (;;) {
    const { claims: edited, touched, refused } = applyEdits(read.claims, open);
    const claims = withNamesInUse(edited);
    const desired = render(claims, facts, tapBridge);
    const problems = [...desired.problems, ...portsInUse(read.claims, claims, { facts, tapBridge })];
    for (const edit of open.filter((one) => !refused.has(one))) {
      const owners = touched.get(edit)!;
      const problem = problems.find(
        (one) =>
          isRefusal(one) && concerns(one, edit, owners, before) && !isOfNames(one, read.claims, claims),
      );
      if (problem !== undefined) refused.set(edit, problemError(problem, record.name));
    }
    if (refused.size === 0 && claims.size === 0) {
      const inUse = bridgeInUse(read.bridge, { facts, before, desired });
      const last = lastOf(open, touched, read.claims);
      if (inUse !== undefined && last === undefined) throw problemError(inUse, record.name);
      if (inUse !== undefined) refused.set(last!, problemError(inUse, record.name));
    }
    if (refused.size === 0) return { claims, desired, before };
    for (const [edit, error] of refused) if (edit.kind !== "clean-up") reject(edit, error);
    open = open.filter((edit) => !refused.has(edit));
  }
}

/**
 * Which of the edits that delete all claims has to wait, so that the tap bridge stays: one that somebody waits for. Of
 * those it is one that changes a claim, if there is one, and one of no flow, so that copies end before what they need.
 */
function lastOf(
  edits: readonly Edit[],
  touched: ReadonlyMap<Edit, ReadonlySet<string>>,
  before: Claims,
): Edit | undefined {
  const isOfFlows = (edit: Edit) =>
    [...touched.get(edit)!].every((owner) => before.get(owner)?.kind === "flow");
  const waited = edits.filter(({ kind }) => kind !== "clean-up");
  const changing = waited.filter((edit) => touched.get(edit)!.size > 0);
  const asked = changing.length > 0 ? changing : waited;
  return asked.filter((edit) => !isOfFlows(edit)).at(-1) ?? asked.at(-1) ?? edits.at(-1);
}

/** Claims after edits, applied one after another. */
interface Applied {
  claims: Map<string, Claim>;
  /** The owners of the claims that an edit changed. */
  touched: Map<Edit, ReadonlySet<string>>;
  /** Edits that refuse the existing claims, with their errors. */
  refused: Map<Edit, unknown>;
}

function applyEdits(before: ReadonlyMap<string, Claim>, edits: readonly Edit[]): Applied {
  const applied: Applied = { claims: new Map(before), touched: new Map(), refused: new Map() };
  for (const edit of edits) {
    const attempt = new Map(applied.claims);
    try {
      edit.apply(attempt);
      applied.touched.set(edit, changedOwners(applied.claims, attempt));
      applied.claims = attempt;
    } catch (error) {
      applied.refused.set(edit, error);
    }
  }
  return applied;
}

function changedOwners(a: ReadonlyMap<string, Claim>, b: ReadonlyMap<string, Claim>): Set<string> {
  const changed = new Set<string>();
  for (const [owner, claim] of a) if (b.get(owner) !== claim) changed.add(owner);
  for (const owner of b.keys()) if (!a.has(owner)) changed.add(owner);
  return changed;
}

/**
 * Whether a problem makes an edit impossible: a problem of its own claim, or of a monitor that a claim it changed gives
 * up.
 */
function concerns(problem: Problem, edit: Edit, touched: ReadonlySet<string>, before: Desired): boolean {
  if (edit.kind === "note") return false;
  if (problem.owner !== undefined) return problem.owner === edit.owner;
  return before.placements
    .filter(({ port }) => port === problem.homecomer)
    .some(({ owners }) => owners.some((owner) => touched.has(owner)));
}

/**
 * Whether a problem is only that flows know a collector's service by several names, as they do while they follow a
 * rename one by one: the flow has sent to that collector under that key before.
 */
function isOfNames({ code, owner }: Problem, before: Claims, after: Claims): boolean {
  const claim = owner === undefined ? undefined : after.get(owner);
  if (code !== "collector-key-taken" || claim?.kind !== "flow") return false;
  const { token, collector } = claim;
  return [...before.values()].some(
    (one) => one.kind === "flow" && one.token === token && haveSameContent(one, { ...one, collector }),
  );
}

/** A problem as the error with which its owner's operation ends. */
function problemError({ message, code, hint }: Problem, host: string): TaasError {
  return new TaasError(message, { code, host, ...(hint === undefined ? {} : { hint }) });
}
