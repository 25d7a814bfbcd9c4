import { randomFrom, SEED } from "./seed";

/** How many cases of a long series are asked for: a number, or `all`. Unset: each series' usual number. */
const { TAAS_SAMPLE: asked } = process.env;

/** Whether every case is asked for, as by `npm run test:all`. */
export const isWhole = asked === "all";

/**
 * So many cases of a series, one at random from each of so many equal stretches of it: another sample with every seed. The
 * environment's `TAAS_SAMPLE` says another number, or `all`: then `whole` of them, which is fewer than there are only where
 * every case would take hours. `salt`: tells series of the same length apart.
 */
export function sampleOf<Case>(
  all: readonly Case[],
  usual: number,
  whole: number = all.length,
  salt = 0,
): readonly Case[] {
  const count = Math.min(isWhole ? whole : Math.floor(Number(asked ?? usual)), all.length);
  if (!(count > 0)) throw new RangeError(`TAAS_SAMPLE is ${asked}: give a number above 0, or all`);
  const random = randomFrom(SEED + all.length + salt * 7919);
  const stretch = all.length / count;
  return Array.from({ length: count }, (_, index) => all[Math.floor((index + random()) * stretch)]!);
}

/** How large something is made: `usual`, or `whole` where every case is asked for. */
export function extentOf(usual: number, whole: number): number {
  return isWhole ? whole : usual;
}

/** Milliseconds that mocha gives a test of the usual sample; no limit (0) where the environment asks for another. */
export function limitOf(usual: number): number {
  return asked === undefined ? usual : 0;
}
