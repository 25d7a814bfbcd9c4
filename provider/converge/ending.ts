import { setMaxListeners } from "node:events";

/** Aborted if an operation has to end before it is done; the reason is the error that it then rejects with. */
export type Ending = AbortSignal;

/** The result of a read, or the reason of the ending as soon as it is aborted: nobody needs the result then. */
export async function unlessEnded<T>(ending: Ending | undefined, reading: Promise<T>): Promise<T> {
  if (ending === undefined) return reading;
  reading.catch(() => {});
  ending.throwIfAborted();
  setMaxListeners(0, ending);
  const done = new AbortController();
  const ended = new Promise<never>((_, reject) => {
    ending.addEventListener("abort", () => reject(ending.reason), { once: true, signal: done.signal });
  });
  try {
    return await Promise.race([reading, ended]);
  } finally {
    done.abort();
  }
}
