import { elsewhereOf } from "../converge/hosts";
import type { Target } from "../converge/intent";
import { type Claim, claimOf } from "../schema/claim";
import { knownPart } from "../schema/stored";
import { changedPaths } from "./changedPaths";
import { withHosts, withoutConnection } from "./compare";

/** What an operation adds to the content of a claim: the incarnation, who wrote it and when, and earlier names. */
const WRITTEN: ReadonlySet<string> = new Set(["token", "writer", "time", "former"]);

type Fields = Record<string, unknown>;

/**
 * The fields of a claim that do not follow from the resource's arguments and its hosts: somebody has altered them, and
 * everything else on the host follows the altered claim. `all`: the claims of the resource as they should be, including
 * this one.
 */
export function alterations(target: Target, claim: Claim, all: readonly Target[]): string[] {
  const { seen, draft } = target;
  const elsewhere = elsewhereOf(
    seen,
    all.map((other) => other.seen),
  );
  const expected: Fields = {
    ...draft,
    keeper: seen.record.keeper === true ? true : undefined,
    elsewhere: elsewhere.length === 0 ? undefined : elsewhere,
  };
  const says = knownPart(claimOf[claim.kind], claim) as Fields;
  return changedPaths(comparedPart(expected), comparedPart(says)).map(([path]) => path);
}

function comparedPart(claim: Fields): unknown {
  const compared = Object.entries(claim).filter(([field]) => !WRITTEN.has(field));
  return withHosts(Object.fromEntries(compared), withoutConnection);
}
