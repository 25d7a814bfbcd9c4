import { setMaxListeners } from "node:events";

/** A time limit with a signal that any number of listeners can share. */
export interface Deadline {
  /** Aborted with the reason when the time is over. */
  signal: AbortSignal;
  /** Cancels the limit. */
  clear(): void;
}

/** Starts a time limit; `reason` creates the error that it ends with. */
export function deadlineIn(milliseconds: number, reason: () => Error): Deadline {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const timer = setTimeout(() => controller.abort(reason()), milliseconds);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
