/** An invalid command line; the message says what is wrong with it. */
export class UsageError extends Error {
  /** `usage`: the command's usage in one line; it is added to errors that a command throws. */
  constructor(
    message: string,
    readonly usage?: string,
  ) {
    super(message);
  }
}
