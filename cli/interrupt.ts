import { constants } from "node:os";

/** Milliseconds that a command gets after a signal. Connections are closed within three seconds. */
const GRACE = 4000;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Tells a command that it has to end. */
export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The exit code of the process after a signal: 128 plus the signal's number. */
  readonly exitCode: number | undefined;
}

/**
 * Lets a command end by itself and report what it has done before SIGINT, SIGTERM or SIGHUP ends it: for four seconds,
 * or until the next signal. `last` is called before the process is ended while the command is still running.
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
