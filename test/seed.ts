import { randomInt } from "node:crypto";
import fc from "fast-check";

/** The largest seed: what 31 bits hold. */
const LARGEST = 2 ** 31 - 1;

/**
 * The seed of all that is random in a run of tests: which cases a sample has, and what is generated. The environment's
 * `TAAS_SEED` repeats a run; without it, every run draws its own, so that all cases are tried in time.
 */
export const SEED = seedFrom(process.env.TAAS_SEED);

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });

function seedFrom(given: string | undefined): number {
  if (given === undefined || given === "") return randomInt(LARGEST);
  const seed = Number(given);
  if (Number.isInteger(seed) && seed >= 0 && seed <= LARGEST) return seed;
  throw new RangeError(`TAAS_SEED is ${given}: give a whole number from 0 to ${LARGEST}`);
}

/** Numbers from 0 to below 1 that follow from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
