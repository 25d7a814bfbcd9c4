import type { Connection } from "./transport";

/** Calls back once when the connection is lost, or at once if it already is. */
export function whenLost({ lost }: Pick<Connection, "lost">, call: () => void): void {
  if (lost.aborted) call();
  else lost.addEventListener("abort", call, { once: true });
}
