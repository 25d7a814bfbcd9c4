import { median, type Pairs, ratioOf } from "./measure";

/** What a ratio is to be. */
export type Target = { atMost: number } | { atLeast: number };

/** One line of the table. */
export interface Figure {
  what: string;
  ours: string;
  baseline: string;
  ratio: number;
  /** None: a figure for information. */
  target?: Target;
}

/** The figures of one suite, and what is to be said of how they came about. */
export interface Section {
  title: string;
  figures: Figure[];
  notes: string[];
}

/** How much is measured. `smoke`: that everything still runs, with numbers too small to say anything. */
export type Extent = "full" | "smoke";

/** How many rounds are measured: `usual` of them, or as many as the environment's TAAS_BENCH_ROUNDS says; one in a smoke run. */
export function roundsOf(extent: Extent, usual: number): number {
  return extent === "smoke" ? 1 : Number(process.env.TAAS_BENCH_ROUNDS ?? usual);
}

/** A figure from a time, in ms, in several rounds. */
export function timeFigure(what: string, pairs: Pairs, target?: Target): Figure {
  const figure = {
    what,
    ours: milliseconds(median(pairs.ours)),
    baseline: milliseconds(median(pairs.baseline)),
    ratio: ratioOf(pairs),
  };
  return target === undefined ? figure : { ...figure, target };
}

/** A figure from a time, in ms, in several rounds, whose ratio says how many times as fast ours is. */
export function speedFigure(what: string, pairs: Pairs, target?: Target): Figure {
  const { ours, baseline } = pairs;
  return { ...timeFigure(what, pairs, target), ratio: ratioOf({ ours: baseline, baseline: ours }) };
}

/** A time as the table has it. */
export function milliseconds(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  if (value < 1) return `${(value * 1000).toFixed(0)} µs`;
  return value >= 10 ? `${value.toFixed(0)} ms` : `${value.toFixed(2)} ms`;
}

/** `met` or `missed`; nothing where there is no target. */
export function verdict({ ratio, target }: Figure): string {
  if (target === undefined) return "";
  const met = "atMost" in target ? ratio <= target.atMost : ratio >= target.atLeast;
  return met ? "met" : "missed";
}
