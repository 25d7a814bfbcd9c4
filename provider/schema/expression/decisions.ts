import type { Decision, Decisions } from "./decision";
import { covers, intersection, type Match, overlap } from "./match";
import { merged } from "./merge";
import { LimitExceeded, MAX_RULES, type Work } from "./work";

/** The list with every decision reversed. */
export function negation(decisions: Decisions): Decision[] {
  return decisions.map(({ match, accepts }) => ({ match, accepts: !accepts }));
}

/**
 * The list that accepts what both of two lists accept (`and`) or what either accepts (`or`). It is the shortest result
 * of joining them in either order, each list as it is or scoped. A list is not tried in its scoped form if that alone
 * is longer than a result found without it.
 */
export function joint(kind: "and" | "or", a: Decisions, b: Decisions, work: Work): Decisions {
  const settles = kind === "or";
  const arePlain = isPlain(a, settles) && isPlain(b, settles);
  const found = shortest(arePlain ? [[a, b]] : orders(a, b), settles, work);
  const most = found?.length ?? MAX_RULES;
  const [narrowA, narrowB] = arePlain ? [a, b] : [scoped(a, most, work), scoped(b, most, work)];
  const isScoped = narrowA !== undefined && narrowB !== undefined && (narrowA !== a || narrowB !== b);
  const other = isScoped ? shortest(orders(narrowA, narrowB), settles, work) : undefined;
  if (found === undefined && other === undefined)
    throw new LimitExceeded(
      `needs more than ${MAX_RULES} rules: split it, or match wider networks and ranges`,
    );
  return found === undefined || (other !== undefined && other.length < found.length) ? other! : found;
}

type Pair = [Decisions, Decisions];

function orders(a: Decisions, b: Decisions): Pair[] {
  return [
    [a, b],
    [b, a],
  ];
}

/** The shortest list that any of the pairs results in; undefined if all are too long. */
function shortest(pairs: readonly Pair[], settles: boolean, work: Work): Decisions | undefined {
  return pairs
    .map(([first, second]) => product(first, second, settles, work))
    .filter((list) => list !== undefined)
    .reduce<Decisions | undefined>(
      (least, list) => (least === undefined || list.length < least.length ? list : least),
      undefined,
    );
}

/**
 * The list, with each decision that agrees with its last one limited to the frames that later decisions decide
 * otherwise. A list whose decisions are limited like this can be placed before another. Returns the list itself if that
 * changes nothing, and undefined if it needs more than `most` decisions.
 */
function scoped(decisions: Decisions, most: number, work: Work): Decisions | undefined {
  const end = decisions.at(-1)!.accepts;
  const first = decisions.findIndex(({ accepts }) => accepts === end);
  if (first === decisions.length - 1) return decisions;
  const list: Decision[] = [];
  for (const [index, decision] of decisions.entries()) {
    if (decision.accepts !== end || index === decisions.length - 1) {
      list.push(decision);
      continue;
    }
    const others = decisions.slice(index + 1).filter(({ accepts }) => accepts !== end);
    work.spend(others.length);
    for (const { match } of meetings(decision.match, others)) list.push({ match, accepts: end });
    if (list.length > most) return undefined;
  }
  return list;
}

/** Whether every decision of a list except the last settles what a joint list decides. */
export function isPlain(decisions: Decisions, settles: boolean): boolean {
  return decisions.every(({ accepts }, index) => index < decisions.length - 1 === (accepts === settles));
}

/**
 * Decides by `a` where that settles the result, and by `b` otherwise: each match of `a` in turn, intersected with each
 * match of `b`. Undefined if the result is too long.
 */
function product(a: Decisions, b: Decisions, settles: boolean, work: Work): Decisions | undefined {
  const list: Decision[] = [];
  // If only the last decision of `b` settles, its frames also reach the last decision of the whole list, because
  // nothing else there matches them.
  const within = isPlain(b, !settles) ? b.slice(0, -1) : b;
  for (const [index, { match, accepts }] of a.entries()) {
    if (accepts === settles) {
      list.push({ match, accepts });
      continue;
    }
    for (const one of meetings(match, index < a.length - 1 ? within : b)) {
      work.spend(list.length + b.length);
      if (!list.some((before) => covers(before.match, one.match))) list.push(one);
    }
    if (list.length > 1.25 * MAX_RULES) return undefined;
  }
  const least = merged(needed(list, work), work);
  return least.length > MAX_RULES + 1 ? undefined : least;
}

function meetings(match: Match, decisions: Decisions): Decision[] {
  return decisions.flatMap((decision) => {
    const common = intersection(match, decision.match);
    return common === undefined ? [] : [{ match: common, accepts: decision.accepts }];
  });
}

/** The list without decisions that a later decision makes as well. */
function needed(list: readonly Decision[], work: Work): Decision[] {
  const kept: Decision[] = [];
  for (let index = list.length - 1; index >= 0; index--) {
    work.spend(kept.length);
    if (!isMadeLater(list[index]!, kept)) kept.push(list[index]!);
  }
  return kept.reverse();
}

/** Whether later decisions, the next one last, decide the same for everything that this one matches. */
function isMadeLater(decision: Decision, later: readonly Decision[]): boolean {
  for (let index = later.length - 1; index >= 0; index--) {
    const next = later[index]!;
    if (next.accepts !== decision.accepts) {
      if (overlap(next.match, decision.match)) return false;
    } else if (covers(next.match, decision.match)) return true;
  }
  return false;
}
