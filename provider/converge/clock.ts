import { TaasError } from "../errors";
import type { ExecResult } from "../host/transport";

/** Milliseconds after which a host's clock is read again: it may have been set meanwhile. */
const FRESH = 60_000;

/** Seconds since 1970 with nanoseconds; where date has none of these, as in busybox, what follows the point is no number. */
const READ_CLOCK = ["date", "+%s.%N"];

/**
 * A host's own clock, which ends its taps: it is one for all operators and the keeper. It is read by a command and counted on from there,
 * so it is right to about half of what that command took.
 */
export class HostClock {
  /** The host's time less this process's, and when that was found. */
  private known: { ahead: number; at: number } | undefined;

  constructor(
    private readonly exec: (argv: readonly string[]) => Promise<ExecResult>,
    private readonly host: string,
  ) {}

  /** Milliseconds since 1970. Rejects with `clock-unknown` where the host does not tell. */
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
      hint: "A tap with `until` ends by the host's clock: see what `date +%s` prints there",
    });
  }
}
