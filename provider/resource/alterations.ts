import { elsewhereOf } from "../converge/hosts";
import type { Target } from "../converge/intent";
import { type Claim, claimOf } from "../schema/claim";
import { knownPart } from "../schema/stored";
import { changedPaths } from "./changedPaths";
import { withHosts, withoutConnection } from "./compare";

/** What an operation adds to what a resource asks for: which life of it this is, who wrote it and when, and what it was called before. */
const WRITTEN: ReadonlySet<string> = new Set(["token", "writer", "time", "former"]);

type Fields = Record<string, unknown>;

/**
 * What a claim says that does not follow from the resource's arguments and its hosts, field by field: somebody has altered
 * it, and all else on the host follows it. `all`: the claims of the resource as they should be, this one among them.
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
