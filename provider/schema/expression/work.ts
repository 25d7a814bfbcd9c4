import { Allowance } from "../../allowance";

/** The most rules that an expression may compile to. */
export const MAX_RULES = 4096;

/** The most comparisons of two matches that an expression may take: a few seconds of work. */
const MAX_COMPARISONS = 60_000_000;

/** The result of an expression would exceed the bounds. */
export class LimitExceeded extends Error {}

/** Counts the work done for an expression. */
export class Work {
  /** Whether it was abandoned so that others are not delayed; its result is then unknown. */
  isUnfinished = false;
  private left = MAX_COMPARISONS;

  /** `allowance`: the work left for all expressions of the same origin. */
  constructor(private readonly allowance = currentAllowance) {}

  /** Throws `LimitExceeded` once the bound is exceeded. */
  spend(comparisons: number): void {
    this.left -= comparisons;
    if (this.left < 0)
      throw new LimitExceeded("joins too many terms by and, or and not: split it, or give a list of rules");
    if (this.allowance?.take(comparisons) !== false) return;
    this.isUnfinished = true;
    throw new LimitExceeded(
      "takes too much work together with the other expressions of this host: wait a minute, or use lists of rules",
    );
  }
}

let currentAllowance: Allowance | undefined;

/**
 * Comparisons allowed for the expressions in one host's claims, at once and per second: a host can write anything
 * there.
 */
export function hostAllowance(): Allowance {
  return new Allowance(100_000_000, 2_000_000);
}

/** Reads something whose expressions together may use what is left of an allowance. */
export function within<Result>(allowance: Allowance, read: () => Result): Result {
  const outer = currentAllowance;
  currentAllowance = allowance;
  try {
    return read();
  } finally {
    currentAllowance = outer;
  }
}
