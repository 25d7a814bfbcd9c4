import type { Decision, Decisions } from "./decision";
import { holds, intersection, type Match, overlap } from "./match";
import { merged } from "./merge";
import { MAX_RULES, TooMuch, type Work } from "./work";

/** The opposite of a list of decisions. */
export function negation(decisions: Decisions): Decision[] {
  return decisions.map(({ match, accepts }) => ({ match, accepts: !accepts }));
}

/** The list that accepts what both of two lists accept, or what either does; of the two orders the one with fewer decisions. */
export function joint(kind: "and" | "or", a: Decisions, b: Decisions, work: Work): Decisions {
  const settles = kind === "or";
  const one = product(a, b, settles, work);
  const other = isPlain(a, settles) && isPlain(b, settles) ? one : product(b, a, settles, work);
  if (one === undefined && other === undefined)
    throw new TooMuch(`comes to more than ${MAX_RULES} rules: split it, or match wider networks and ranges`);
  return other === undefined || (one !== undefined && one.length <= other.length) ? one! : other;
}

/** Whether all of a list but its end settles what a joint list decides. */
export function isPlain(decisions: Decisions, settles: boolean): boolean {
  return decisions.every(({ accepts }, index) => index < decisions.length - 1 === (accepts === settles));
}

/**
 * Decides by `a` where that settles the matter, and by `b` for the rest: all that `a` matches in turn, met with all that `b`
 * matches. Undefined where that is too long.
 */
function product(a: Decisions, b: Decisions, settles: boolean, work: Work): Decisions | undefined {
  const list: Decision[] = [];
  for (const { match, accepts } of a) {
    if (accepts === settles) {
      list.push({ match, accepts });
      continue;
    }
    for (const one of meetings(match, b)) {
      work.spend(list.length + b.length);
      if (!list.some((before) => holds(before.match, one.match))) list.push(one);
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

/** The list without decisions that a later one would make as well. */
function needed(list: readonly Decision[], work: Work): Decision[] {
  const kept: Decision[] = [];
  for (let index = list.length - 1; index >= 0; index--) {
    work.spend(kept.length);
    if (!isMadeLater(list[index]!, kept)) kept.push(list[index]!);
  }
  return kept.reverse();
}

/** Whether later decisions, the next one last, decide the same of all that one matches. */
function isMadeLater(decision: Decision, later: readonly Decision[]): boolean {
  for (let index = later.length - 1; index >= 0; index--) {
    const next = later[index]!;
    if (next.accepts !== decision.accepts) {
      if (overlap(next.match, decision.match)) return false;
    } else if (holds(next.match, decision.match)) return true;
  }
  return false;
}
