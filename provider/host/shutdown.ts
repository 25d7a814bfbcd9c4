import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionPool } from "./pool";

/** Milliseconds that running commands get after a signal. The engine kills the process 5 s after it. */
const GRACE = 2000;

/** Additional milliseconds for closing connections; one that is still being opened would take longer. */
const CLOSING = 1000;

/** Signals that ask a process to end: Ctrl-C, a supervisor, a closed terminal. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const pools = new Set<ConnectionPool>();
const listeners = new Map(SIGNALS.map((signal) => [signal, () => endOn(signal)]));

/**
 * Handles signals that ask the process to end: running commands get at most two seconds to finish, the pool's
 * connections are closed, and the process exits with 128 plus the signal's number. If another listener in the process
 * handles the signal too, the exit is left to that listener. Returns a function that removes the handlers.
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
