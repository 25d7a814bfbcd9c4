/**
 * Limits stack traces to one frame until `end`. Pulumi captures a trace for each property of each resource, so that
 * `PULUMI_DEBUG_PROMISE_LEAKS` can report where a promise that never settles was created. Through ts-node's source maps
 * these traces take a fifth of a program's time.
 */
export class ShortTraces {
  private readonly limit = Error.stackTraceLimit;

  constructor() {
    if (!process.env.PULUMI_DEBUG_PROMISE_LEAKS) Error.stackTraceLimit = Math.min(this.limit, 1);
  }

  /** Restores whole traces. */
  end(): void {
    Error.stackTraceLimit = this.limit;
  }

  /** Restores whole traces, and gives an error that was thrown meanwhile the frames of the caller. */
  complete(error: unknown): void {
    if (Error.stackTraceLimit === this.limit) return;
    this.end();
    if (!(error instanceof Error)) return;
    const here: { stack?: string } = {};
    Error.captureStackTrace(here, this.complete);
    error.stack = [error.stack, ...here.stack!.split("\n").slice(1)].join("\n");
  }
}
