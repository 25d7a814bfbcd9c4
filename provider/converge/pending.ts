import { type Claim, claim as claimSchema } from "../schema/claim";
import { RUN, stackOf } from "./run";

/** A pending claim of a run of the same stack that is over: that run was killed in between. */
export function isLeftover(claim: Claim, stack: string): boolean {
  return claim.pending !== undefined && claim.pending !== RUN && stackOf(claim.owner) === stack;
}

/** Milliseconds after which a pending claim is nobody's any more: far longer than any operation, and than clocks differ. */
const EXPIRY = 24 * 3600 * 1000;

/** A pending claim so old that its run is certainly over, whoever's it was. */
export function isExpired(claim: Claim): boolean {
  return claim.pending !== undefined && claim.pending !== RUN && Date.parse(claim.time) < Date.now() - EXPIRY;
}

/** The claim that a pending one took the place of, and that comes back if nothing becomes of it. */
export function replacedBy(claim: Claim): Claim | undefined {
  if (claim.pending === undefined || claim.replaces === undefined) return undefined;
  try {
    const replaced = claimSchema.parse(JSON.parse(claim.replaces));
    return replaced.owner === claim.owner && replaced.kind === claim.kind ? replaced : undefined;
  } catch {
    return undefined;
  }
}
