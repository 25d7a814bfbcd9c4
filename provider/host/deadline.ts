import { setMaxListeners } from "node:events";

/** A time limit that many can listen to. */
export interface Deadline {
  /** Aborted at the end of the time, with the reason. */
  signal: AbortSignal;
  /** Calls it off. */
  clear(): void;
}

/** Starts a time limit; `reason` makes the error it ends with. */
export function deadlineIn(milliseconds: number, reason: () => Error): Deadline {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const timer = setTimeout(() => controller.abort(reason()), milliseconds);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
