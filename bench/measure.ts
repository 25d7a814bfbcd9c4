/** The middle of the numbers, or the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) throw new RangeError("there is no median of nothing");
  return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}

/** Milliseconds that a piece of work takes. */
export async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Ours and a baseline as they came out, round by round. */
export interface Pairs {
  ours: number[];
  baseline: number[];
}

/**
 * Measures two things in turn, the one that goes first changing from round to round: what else loads the machine then
 * loads both alike. Each answers with its own measure, such as milliseconds.
 */
export async function interleave(
  rounds: number,
  ours: (round: number) => Promise<number>,
  baseline: (round: number) => Promise<number>,
): Promise<Pairs> {
  const pairs: Pairs = { ours: [], baseline: [] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (["baseline", "ours"] as const) : (["ours", "baseline"] as const);
    for (const which of order) pairs[which].push(await (which === "ours" ? ours : baseline)(round));
  }
  return pairs;
}

/** The median of the rounds' own ratios: a disturbance of one round changes one of them. */
export function ratioOf({ ours, baseline }: Pairs): number {
  return median(ours.map((value, round) => value / baseline[round]!));
}
