import { setTimeout as sleep } from "node:timers/promises";
import type { Ending } from "../provider/converge/ending";
import { TaasError } from "../provider/errors";
import { deadlineIn } from "../provider/host/deadline";

/** Milliseconds that a cancel waits for operations to end. The engine kills the process after 5 s. */
const GRACE = 4000;

/** The running operations, each with a way to end it early. */
export class Operations {
  private cancelling = new AbortController();
  private readonly underWay = new Set<Promise<unknown>>();

  /** Runs an operation with a limit in seconds; 0: no limit. `named`: the name of the limit, such as `create`. */
  async run<T>(
    { named, seconds }: { named: string; seconds: number },
    work: (ending: Ending) => Promise<T>,
  ): Promise<T> {
    const limit = seconds > 0 ? deadlineIn(seconds * 1000, () => tooLong(named, seconds)) : undefined;
    const { signal } = this.cancelling;
    const operation = work(limit === undefined ? signal : AbortSignal.any([signal, limit.signal]));
    this.underWay.add(operation);
    try {
      return await operation;
    } finally {
      limit?.clear();
      this.underWay.delete(operation);
    }
  }

  /** Ends running operations between two steps; later ones run normally. Resolves when all have ended, or after 4 s. */
  async cancel(): Promise<void> {
    this.cancelling.abort(
      new TaasError("the operation was cancelled", {
        code: "cancelled",
        hint: "Run again: every operation starts by reading the host and repairs what an interrupted operation left",
      }),
    );
    this.cancelling = new AbortController();
    const ended = Promise.allSettled(this.underWay);
    await Promise.race([ended, sleep(GRACE, undefined, { ref: false })]);
  }
}

function tooLong(named: string, seconds: number): TaasError {
  return new TaasError(`the operation took longer than ${seconds} s and was aborted`, {
    code: "operation-timeout",
    hint: `That is customTimeouts.${named} of the resource: raise it, or leave it out`,
  });
}
