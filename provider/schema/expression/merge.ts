import type { PortRange } from "../filter/portRange";
import type { Decision } from "./decision";
import { FIELDS, IP, IPV4, IPV6, type Match, matchOf, overlap, type Prefix, prefixOf } from "./match";
import { compareValues } from "./order";
import type { Work } from "./work";

/**
 * Fields in which two values can be merged, with the function that merges them; it returns undefined if they cannot be.
 */
const UNIONS: Partial<Record<keyof Match, (a: never, b: never) => unknown>> = {
  etherType: (a: number, b: number) => (a === IPV4 && b === IPV6 ? IP : undefined),
  destinationPort: portsOf,
  sourcePort: portsOf,
  source: addressesOf,
  destination: addressesOf,
};

/** The union of two ranges that overlap or are adjacent. */
function portsOf(a: PortRange, b: PortRange): PortRange | undefined {
  if (a.first > b.last + 1 || b.first > a.last + 1) return undefined;
  return { first: Math.min(a.first, b.first), last: Math.max(a.last, b.last) };
}

/** The prefix whose two halves are given. */
function addressesOf(a: Prefix, b: Prefix): Prefix | undefined {
  const half = 1n << BigInt(a.bits - a.length);
  if (a.bits !== b.bits || a.length !== b.length || (a.value ^ b.value) !== half) return undefined;
  return a.length === 1 ? undefined : prefixOf(a.bits, a.value, a.length - 1);
}

/** The list with decisions merged that differ in one field only, until no more can be merged. */
export function merged(list: readonly Decision[], work: Work): readonly Decision[] {
  let now = list;
  for (;;) {
    const before = now.length;
    for (const [field, union] of Object.entries(UNIONS))
      now = mergedBy(now, field as keyof Match, union as (a: unknown, b: unknown) => unknown, work);
    if (now.length === before) return now;
  }
}

/** Merges by one field: decisions that are equal in all others are tried in the order of its values. */
function mergedBy(
  list: readonly Decision[],
  field: keyof Match,
  union: (a: unknown, b: unknown) => unknown,
  work: Work,
): readonly Decision[] {
  const now: (Decision | undefined)[] = [...list];
  for (const indexes of alikeBut(field, list, work)) {
    const sorted = indexes.sort((a, b) => compareValues(list[a]!.match[field], list[b]!.match[field]));
    let last = sorted[0]!;
    for (const index of sorted.slice(1)) {
      const value = union(now[last]!.match[field], now[index]!.match[field]);
      const [first, second] = [Math.min(last, index), Math.max(last, index)];
      last = index;
      if (value === undefined || isPassed(now, first, second, work)) continue;
      now[first] = { ...now[first]!, match: matchOf({ ...now[first]!.match, [field]: value }) };
      now[second] = undefined;
      last = first;
    }
  }
  return now.filter((decision) => decision !== undefined);
}

/** Groups of decisions that have a value of a field and are equal in all others. */
function alikeBut(field: keyof Match, list: readonly Decision[], work: Work): number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, { match, accepts }] of list.entries()) {
    // Without a protocol, no rule matches both IPv4 and IPv6.
    if (match[field] === undefined || (field === "etherType" && match.protocol === undefined)) continue;
    work.spend(20);
    const others = FIELDS.filter((name) => name !== field && match[name] !== undefined);
    const key = `${accepts} ${others.map((name) => `${name} ${textOf(match[name])}`).join()}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/**
 * Whether a decision cannot be moved up to another one's place, because it would pass a decision that contradicts it.
 */
function isPassed(
  list: readonly (Decision | undefined)[],
  first: number,
  second: number,
  work: Work,
): boolean {
  work.spend(second - first);
  const { match, accepts } = list[second]!;
  for (let index = first + 1; index < second; index++) {
    const between = list[index];
    if (between !== undefined && between.accepts !== accepts && overlap(between.match, match)) return true;
  }
  return false;
}

function textOf(value: unknown): string {
  return typeof value === "object" ? Object.values(value as object).join("/") : String(value);
}
