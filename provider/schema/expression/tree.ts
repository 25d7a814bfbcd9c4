import type { Match } from "./match";

/** An expression as it is built up: what its terms match, and how they are joined. */
export type Tree =
  | { kind: "term"; term: Term }
  | { kind: "not"; part: Tree }
  | { kind: "and" | "or"; parts: readonly [Tree, ...Tree[]] };

/** One term: the frames that any of its matches matches and that none of `but` does. */
export interface Term {
  matches: readonly Partial<Match>[];
  but: readonly Partial<Match>[];
}

/** Joins two trees; parts of a chain of the same operator are one list. */
export function joined(kind: "and" | "or", left: Tree, right: Tree): Tree {
  return left.kind === kind ? { kind, parts: [...left.parts, right] } : { kind, parts: [left, right] };
}
