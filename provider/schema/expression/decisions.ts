import type { Decision, Decisions } from "./decision";
import { holds, intersection, type Match, overlap } from "./match";
import { merged } from "./merge";
import { MAX_RULES, TooMuch, type Work } from "./work";

/** The opposite of a list of decisions. */
export function negation(decisions: Decisions): Decision[] {
  return decisions.map(({ match, accepts }) => ({ match, accepts: !accepts }));
}

/**
 * The list that accepts what both of two lists accept, or what either does: of the orders, and of lists as they are or scoped, what
 * comes to the fewest decisions. Lists whose scoped form is longer than what was found without it are not tried in that form.
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
    throw new TooMuch(`comes to more than ${MAX_RULES} rules: split it, or match wider networks and ranges`);
  return found === undefined || (other !== undefined && other.length < found.length) ? other! : found;
}

type Pair = [Decisions, Decisions];

function orders(a: Decisions, b: Decisions): Pair[] {
  return [
    [a, b],
    [b, a],
  ];
}

/** The shortest list that pairs come to; undefined where all are too long. */
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
 * The list with each decision that its end would make as well limited to what later ones decide otherwise: a list whose decisions
 * are about some frames only can stand before another. The list itself where that changes nothing; undefined where it comes to more
 * than `most` decisions.
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
  // Where only the end of `b` settles, what falls to it falls to the end of the whole as well: nothing else there is about it.
  const within = isPlain(b, !settles) ? b.slice(0, -1) : b;
  for (const [index, { match, accepts }] of a.entries()) {
    if (accepts === settles) {
      list.push({ match, accepts });
      continue;
    }
    for (const one of meetings(match, index < a.length - 1 ? within : b)) {
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
