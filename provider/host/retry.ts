import { setTimeout as sleep } from "node:timers/promises";

/**
 * Repeats a task, with growing, jittered pauses, while `retriable` accepts its error and the signal is not aborted;
 * then rejects with the task's last error.
 */
export async function retryWithJitter<T>(
  task: () => Promise<T>,
  retriable: (error: unknown) => boolean,
  signal: AbortSignal,
): Promise<T> {
  for (let pause = 100; ; pause = Math.min(pause * 1.7, 2000)) {
    try {
      return await task();
    } catch (error) {
      if (signal.aborted || !retriable(error)) throw error;
      await sleep(pause * (0.5 + Math.random()), undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}
