import type { Claim } from "../schema/claim";
import { dropEdit, type Edit } from "./edit";
import { isExpired, isLeftover } from "./pending";
import { stackOf } from "./run";

/**
 * The edits that clean up what killed runs of the edits' stacks left pending on a host only, and what any stack's left long ago.
 * What has other ends is cleaned up with those (`clearLeftovers`), and what is put anew is finished instead.
 */
export function cleanUps(claims: ReadonlyMap<string, Claim>, edits: readonly Edit[]): Edit[] {
  const stacks = new Set(edits.map((edit) => stackOf(edit.owner)));
  const finished = new Set(edits.filter((edit) => edit.kind !== "drop").map((edit) => edit.owner));
  const isDue = (claim: Claim): boolean => {
    const alone = claim.elsewhere === undefined && (claim.kind !== "flow" || claim.from === undefined);
    return isExpired(claim) || (alone && [...stacks].some((stack) => isLeftover(claim, stack)));
  };
  return [...claims.values()]
    .filter((claim) => !finished.has(claim.owner) && isDue(claim))
    .map((claim) => ({ ...dropEdit(claim.owner, claim.token), kind: "clean-up" }));
}
