/** What is wrong with an expression, and where. */
export class ExpressionError extends Error {
  /**
   * `at`: the position of the term's first character, from 1. `term`: empty at the end. `reason`: includes what to do.
   */
  constructor(
    readonly at: number,
    readonly term: string,
    reason: string,
  ) {
    const shown = term.length > 40 ? `${term.slice(0, 37)}...` : term;
    super(`character ${at}, ${term === "" ? "its end" : JSON.stringify(shown)}: ${reason}`);
  }
}
