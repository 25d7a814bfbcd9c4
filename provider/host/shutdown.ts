import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionPool } from "./pool";

/** Milliseconds that commands under way get after a signal. The engine kills the process 5 s after it. */
const GRACE = 2000;

/** Milliseconds more for closing; a connection still being made would take longer. */
const CLOSING = 1000;

/** What asks a process to end: Ctrl-C, a supervisor, a terminal that was closed. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const pools = new Set<ConnectionPool>();
const listeners = new Map(SIGNALS.map((signal) => [signal, () => endOn(signal)]));

/**
 * Makes a signal that asks the process to end let running commands finish for at most two seconds, close the pool's connections
 * and then end the process with 128 and the signal's number, unless somebody else in the process listens for the signal too and
 * so decides about its end. Returns what calls it off.
 */
export function closeOnSignal(pool: ConnectionPool): () => void {
  if (pools.size === 0) for (const [signal, listener] of listeners) process.once(signal, listener);
  pools.add(pool);
  return () => {
    pools.delete(pool);
    if (pools.size === 0) for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}

function endOn(signal: (typeof SIGNALS)[number]): void {
  const soleListener = process.listenerCount(signal) === 0;
  const closed = Promise.allSettled([...pools].map((one) => one.shutDown(GRACE)));
  void Promise.race([closed, sleep(GRACE + CLOSING)]).then(() => {
    if (soleListener) process.exit(128 + constants.signals[signal]);
  });
}
