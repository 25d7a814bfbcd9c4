import { TaasError } from "../errors";
import type { ExecResult } from "../host/transport";

/** Milliseconds after which a host's clock is read again, because it may have been set. */
const FRESH = 60_000;

/**
 * Seconds since 1970 with nanoseconds. A `date` without nanoseconds, such as busybox's, prints something else after the
 * point.
 */
const READ_CLOCK = ["date", "+%s.%N"];

/**
 * A host's own clock. It decides when taps on the host end, because it is the same for all operators and the keeper. It
 * is read by a command and extrapolated from there, so its error is about half of the time that the command took.
 */
export class HostClock {
  /** The host's time minus this process's, and when it was measured. */
  private known: { ahead: number; at: number } | undefined;

  constructor(
    private readonly exec: (argv: readonly string[]) => Promise<ExecResult>,
    private readonly host: string,
  ) {}

  /** Milliseconds since 1970. Rejects with `clock-unknown` if the host's clock cannot be read. */
  async now(): Promise<number> {
    if (this.known === undefined || performance.now() - this.known.at > FRESH) {
      const before = performance.now();
      const { stdout } = await this.exec(READ_CLOCK);
      const at = performance.now();
      this.known = { ahead: this.readTime(stdout) - (before + at) / 2, at };
    }
    return performance.now() + this.known.ahead;
  }

  private readTime(said: string): number {
    const time = /^(\d{9,11})(\.\d{1,9})?/.exec(said);
    if (time !== null) return Number.parseFloat(time[0]) * 1000;
    throw new TaasError(`its clock cannot be read: date says ${JSON.stringify(said.slice(0, 80))}`, {
      code: "clock-unknown",
      host: this.host,
      hint: "A tap with `until` ends by the host's clock: check what `date +%s` prints there",
    });
  }
}
