import type { Decision, Decisions } from "./decision";
import { isPlain, joint, negation } from "./decisions";
import { matchOf } from "./match";
import type { Term, Tree } from "./tree";
import type { Work } from "./work";

/** The decisions of an expression. Throws `LimitExceeded` if they take too many rules or too long. */
export function decide(tree: Tree, work: Work): Decisions {
  // Chains associate to the left, so trees are deep on that side; a loop follows it instead of recursion.
  const spine: Exclude<Tree, { kind: "term" }>[] = [];
  let at = tree;
  while (at.kind !== "term") {
    spine.push(at);
    at = at.kind === "not" ? at.part : at.parts[0];
  }
  return spine.reduceRight<Decisions>((left, above) => {
    if (above.kind === "not") return negation(left);
    const others = above.parts.slice(1).map((part) => decide(part, work));
    return all(above.kind, [left, ...others], work);
  }, ofTerm(at.term));
}

/** The decisions of a term: reject what it excludes, then accept its matches, then reject everything else. */
function ofTerm({ matches, but }: Term): Decision[] {
  return [
    ...but.map((match) => ({ match: matchOf(match), accepts: false })),
    ...matches.map((match) => ({ match: matchOf(match), accepts: true })),
    { match: matchOf({}), accepts: false },
  ];
}

/**
 * Joins lists. Those that can be joined without a product are joined first, because what they settle then stays out of
 * the products.
 */
function all(kind: "and" | "or", lists: readonly Decisions[], work: Work): Decisions {
  const plain = lists.filter((list) => isPlain(list, kind === "or"));
  const others = lists.filter((list) => !plain.includes(list));
  const halves = [plain, others].filter((half) => half.length > 0);
  return halves.map((half) => folded(kind, half, work)).reduce((a, b) => joint(kind, a, b, work));
}

/** Joins neighbours, and then the results, so that long lists are joined only a few times. */
function folded(kind: "and" | "or", lists: readonly Decisions[], work: Work): Decisions {
  if (lists.length === 1) return lists[0]!;
  const middle = Math.ceil(lists.length / 2);
  const [first, second] = [lists.slice(0, middle), lists.slice(middle)];
  return joint(kind, folded(kind, first, work), folded(kind, second, work), work);
}
