import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionPool } from "./pool";

/** Milliseconds that commands under way get after an interrupt. The engine kills the process 5 s after it. */
const GRACE = 2000;

/** Milliseconds more for closing; a connection still being made would take longer. */
const CLOSING = 1000;

const pools = new Set<ConnectionPool>();
let installed = false;

/**
 * Makes SIGINT let running commands finish for at most two seconds, close the pool's connections and then end the
 * process (with 130), unless somebody else in the process listens for SIGINT too and so decides about its end.
 */
export function closeOnInterrupt(pool: ConnectionPool): void {
  pools.add(pool);
  if (installed) return;
  installed = true;
  process.once("SIGINT", () => {
    const soleListener = process.listenerCount("SIGINT") === 0;
    const closed = Promise.allSettled([...pools].map((one) => one.shutDown(GRACE)));
    void Promise.race([closed, sleep(GRACE + CLOSING)]).then(() => {
      if (soleListener) process.exit(130);
    });
  });
}
