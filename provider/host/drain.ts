import { setTimeout as sleep } from "node:timers/promises";
import { TaasError } from "../errors";

/** Tracks running commands, so that an interrupt can let them finish and start no new ones. */
export class Drain {
  private readonly underWay = new Set<Promise<unknown>>();
  private stopped = false;

  /** Runs a command, or rejects with `cancelled` once stopped. */
  async track<T>(host: string, command: () => Promise<T>): Promise<T> {
    if (this.stopped) throw cancelled(host);
    const running = command();
    this.underWay.add(running);
    try {
      return await running;
    } finally {
      this.underWay.delete(running);
    }
  }

  /** Starts no new commands, and waits for the running ones for at most `limit` milliseconds. */
  async stop(limit: number): Promise<void> {
    this.stopped = true;
    await Promise.race([Promise.allSettled(this.underWay), sleep(limit, undefined, { ref: false })]);
  }
}

function cancelled(host: string): TaasError {
  return new TaasError("the operation was cancelled", {
    code: "cancelled",
    host,
    hint: "Run again: every operation starts by reading the host and repairs what an interrupted operation left",
  });
}
