/** A command line that makes no sense; the message says what is wrong with it. */
export class UsageError extends Error {
  /** `usage`: how the command is used, in one line; the frame adds it to what a command throws. */
  constructor(
    message: string,
    readonly usage?: string,
  ) {
    super(message);
  }
}
