/** How many of a series' faults are asked for: a number, or `all`. */
const { TAAS_FAULTS: asked } = process.env;

/** So many of a series' faults, evenly over all of them; every one, or another number, if the environment says so. */
export function sampleOf<Fault>(all: readonly Fault[], usual: number): readonly Fault[] {
  if (asked === "all") return all;
  const count = Math.min(Math.floor(Number(asked ?? usual)), all.length);
  if (!(count > 0)) throw new RangeError(`TAAS_FAULTS is ${asked}: give a number above 0, or all`);
  const step = all.length / count;
  return Array.from({ length: count }, (_, index) => all[Math.floor((index + 0.5) * step)]!);
}

/** Milliseconds that mocha gives a test of the usual sample; no limit (0) where the environment asks for another. */
export function limitOf(usual: number): number {
  return asked === undefined ? usual : 0;
}
