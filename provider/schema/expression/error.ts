/** What is wrong with an expression, and where. */
export class ExpressionError extends Error {
  /** `at`: the character that the term begins at, from 1. `term`: empty at the end. `reason`: with what to do. */
  constructor(
    readonly at: number,
    readonly term: string,
    reason: string,
  ) {
    const shown = term.length > 40 ? `${term.slice(0, 37)}...` : term;
    super(`character ${at}, ${term === "" ? "its end" : JSON.stringify(shown)}: ${reason}`);
  }
}
