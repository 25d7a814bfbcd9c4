import type { Decisions } from "./decision";
import { FIELDS, type Match } from "./match";

/**
 * The list in a canonical order: adjacent decisions with the same outcome are sorted. Expressions that differ only in
 * the order of their terms therefore compile to the same rules, and their flows share a capture group.
 */
export function ordered(decisions: Decisions): Decisions {
  const runs: Decisions[number][][] = [];
  for (const decision of decisions.slice(0, -1)) {
    const run = runs.at(-1);
    if (run?.[0]?.accepts === decision.accepts) run.push(decision);
    else runs.push([decision]);
  }
  return [...runs.flatMap((run) => run.sort((a, b) => compareMatches(a.match, b.match))), decisions.at(-1)!];
}

function compareMatches(a: Match, b: Match): number {
  for (const field of FIELDS) {
    const order = compareValues(a[field], b[field]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Orders values of a field: absent first, then by their first characters. */
export function compareValues(a: unknown, b: unknown): number {
  const [these, others] = [partsOf(a), partsOf(b)];
  for (const [index, part] of these.entries()) {
    const other = others[index];
    if (other === undefined || typeof part !== typeof other)
      return other === undefined || typeof part === "string" ? 1 : -1;
    if (part !== other) return part < other ? -1 : 1;
  }
  return these.length - others.length;
}

type Part = number | bigint | string;

function partsOf(value: unknown): Part[] {
  if (value === undefined) return [];
  return typeof value === "object" ? Object.values(value as Record<string, Part>) : [value as Part];
}
