import type { Match } from "./match";

/** The structure of an expression: what its terms match, and how they are joined. */
export type Tree =
  | { kind: "term"; term: Term }
  | { kind: "not"; part: Tree }
  | { kind: "and" | "or"; parts: readonly [Tree, ...Tree[]] };

/** One term: the frames that any of `matches` matches and none of `but` does. */
export interface Term {
  matches: readonly Partial<Match>[];
  but: readonly Partial<Match>[];
}

/** Joins two trees; a chain of the same operator becomes one list. */
export function joined(kind: "and" | "or", left: Tree, right: Tree): Tree {
  return left.kind === kind ? { kind, parts: [...left.parts, right] } : { kind, parts: [left, right] };
}
