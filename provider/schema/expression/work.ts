import { Allowance } from "../../allowance";

/** Most rules that an expression comes to. */
export const MAX_RULES = 4096;

/** Comparisons of two matches that an expression may take: some seconds' worth. */
const MAX_COMPARISONS = 60_000_000;

/** An expression comes to more than is bounded. */
export class TooMuch extends Error {}

/** Counts what is done for an expression. */
export class Work {
  /** Whether it was given up for the sake of others: what it comes to is not known. */
  isUnfinished = false;
  private left = MAX_COMPARISONS;

  /** `allowance`: what is left for all expressions of the same origin. */
  constructor(private readonly allowance = currentAllowance) {}

  /** Throws `TooMuch` once too much is done. */
  spend(comparisons: number): void {
    this.left -= comparisons;
    if (this.left < 0)
      throw new TooMuch("joins too many terms by and, or and not: split it, or give a list of rules");
    if (this.allowance?.take(comparisons) !== false) return;
    this.isUnfinished = true;
    throw new TooMuch(
      "takes too much work together with the other expressions of this host: wait a minute, or give lists of rules",
    );
  }
}

let currentAllowance: Allowance | undefined;

/** Comparisons for the expressions that one host has in its claims, at once and for each second: a host writes what it likes there. */
export function hostAllowance(): Allowance {
  return new Allowance(100_000_000, 2_000_000);
}

/** Reads something whose expressions may take together what is left of an allowance. */
export function within<Result>(allowance: Allowance, read: () => Result): Result {
  const outer = currentAllowance;
  currentAllowance = allowance;
  try {
    return read();
  } finally {
    currentAllowance = outer;
  }
}
