/** Most rules that an expression comes to. */
export const MAX_RULES = 4096;

/** Comparisons of two matches that an expression may take: some seconds' worth. */
const MAX_COMPARISONS = 60_000_000;

/** An expression comes to more than is bounded. */
export class TooMuch extends Error {}

/** Counts what is done for an expression. */
export class Work {
  private left = MAX_COMPARISONS;

  /** Throws `TooMuch` once too much is done. */
  spend(comparisons: number): void {
    this.left -= comparisons;
    if (this.left < 0)
      throw new TooMuch("joins too many terms by and, or and not: split it, or give a list of rules");
  }
}
