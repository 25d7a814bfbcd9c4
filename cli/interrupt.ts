import { constants } from "node:os";

/** Milliseconds that a command gets after a signal. Connections are closed within three seconds. */
const GRACE = 4000;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How a command learns that it is to end. */
export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** What the process exits with once there was a signal: 128 and its number. */
  readonly exitCode: number | undefined;
}

/**
 * Lets a command end by itself, and say what it has done, before SIGINT, SIGTERM or SIGHUP ends it: for four seconds, or until the next
 * signal. `last` is called before the process is ended in the midst of the command.
 */
export function noteInterrupts(last: () => void): Interrupt {
  const ending = new AbortController();
  let exitCode: number | undefined;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const isFirst = exitCode === undefined;
      exitCode ??= 128 + constants.signals[signal];
      const end = () => {
        last();
        process.exit(exitCode);
      };
      if (isFirst) setTimeout(end, GRACE).unref();
      else end();
      ending.abort();
    });
  }
  return {
    signal: ending.signal,
    get exitCode() {
      return exitCode;
    },
  };
}
