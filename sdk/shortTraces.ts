/**
 * Lets stack traces have one frame until `end`. Pulumi takes a trace for each property of each resource, to tell where a
 * promise that never ends came from if `PULUMI_DEBUG_PROMISE_LEAKS` asks for it; through ts-node's source maps these are
 * a fifth of the time of a program.
 */
export class ShortTraces {
  private readonly limit = Error.stackTraceLimit;

  constructor() {
    if (!process.env.PULUMI_DEBUG_PROMISE_LEAKS) Error.stackTraceLimit = Math.min(this.limit, 1);
  }

  /** Traces are whole again. */
  end(): void {
    Error.stackTraceLimit = this.limit;
  }

  /** Ends, and gives an error that was thrown meanwhile the frames of who called this. */
  complete(error: unknown): void {
    if (Error.stackTraceLimit === this.limit) return;
    this.end();
    if (!(error instanceof Error)) return;
    const here: { stack?: string } = {};
    Error.captureStackTrace(here, this.complete);
    error.stack = [error.stack, ...here.stack!.split("\n").slice(1)].join("\n");
  }
}
