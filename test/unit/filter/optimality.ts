import type { Masked } from "../../../provider/model/filter/cover";

/** Whether no bitwise match within the range meets both numbers: the least such match has all bits in which they differ free. */
function areApart(a: number, b: number, first: number, last: number): boolean {
  return (a & b) < first || (a | b) > last;
}

/**
 * One number for each of the matches, any two of them apart. Where they exist, no set of fewer matches covers the range,
 * since each of these numbers needs a match of its own: a proof. Undefined where none are found.
 */
export function proofOfMinimality(
  cover: readonly Masked[],
  first: number,
  last: number,
  bits: number,
): number[] | undefined {
  const numbers = candidates(first, last, bits);
  const alone = cover.map((match) =>
    numbers.filter(
      (number) => meets(match, number) && cover.filter((other) => meets(other, number)).length === 1,
    ),
  );
  return choose(alone, (a, b) => areApart(a, b, first, last));
}

function meets({ value, mask }: Masked, number: number): boolean {
  return (number & mask) === value;
}

/** Numbers at which something changes: an end of the range up to some bit, that bit flipped, then zeros, ones or an end's own bits. */
function candidates(first: number, last: number, bits: number): number[] {
  const ends = [first - 1, first, last, last + 1].filter((end) => end >= 0 && end < 2 ** bits);
  const found = new Set(ends);
  for (const end of ends) {
    for (let bit = 0; bit < bits; bit++) {
      const low = 2 ** bit - 1;
      for (const rest of [0, low, ...ends]) found.add(((end ^ (low + 1)) & ~low) | (rest & low));
    }
  }
  return [...found].filter((number) => number >= first && number <= last);
}

/** One of each domain so that any two go together; the smallest domain first. */
function choose(
  domains: readonly number[][],
  goTogether: (a: number, b: number) => boolean,
): number[] | undefined {
  if (domains.length === 0) return [];
  const smallest = domains.reduce((best, domain) => (domain.length < best.length ? domain : best));
  const others = domains.filter((domain) => domain !== smallest);
  for (const number of smallest) {
    const left = others.map((domain) => domain.filter((other) => goTogether(number, other)));
    if (left.some((domain) => domain.length === 0)) continue;
    const rest = choose(left, goTogether);
    if (rest !== undefined) return [number, ...rest];
  }
  return undefined;
}

/** The size of the smallest cover of a range, by trying all sets of matches. For few bits. */
export function smallestCover(first: number, last: number, bits: number): number {
  const matches = largest(allMatches(first, last, bits));
  const range = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  let best = range.length;
  const search = (open: readonly number[], used: number): void => {
    if (open.length === 0) best = Math.min(best, used);
    if (open.length === 0 || used + 1 >= best) return;
    for (const match of matches.filter((one) => meets(one, open[0]!))) {
      search(
        open.filter((number) => !meets(match, number)),
        used + 1,
      );
    }
  };
  search(range, 0);
  return best;
}

function allMatches(first: number, last: number, bits: number): Masked[] {
  const numbers = Array.from({ length: 2 ** bits }, (_, index) => index);
  return numbers.flatMap((mask) =>
    numbers
      .filter(
        (value) => (value & mask) === value && value >= first && (value | (2 ** bits - 1 - mask)) <= last,
      )
      .map((value) => ({ value, mask })),
  );
}

/** Those that lie within no other. */
function largest(matches: readonly Masked[]): Masked[] {
  const contains = (outer: Masked, inner: Masked) =>
    outer !== inner && (outer.mask & inner.mask) === outer.mask && (inner.value & outer.mask) === outer.value;
  return matches.filter((inner) => !matches.some((outer) => contains(outer, inner)));
}
