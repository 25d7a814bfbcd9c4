import { setTimeout as sleep } from "node:timers/promises";
import { isSame } from "../ovs/database";
import type { HostAccess } from "./access";
import { inspect } from "./inspect";
import type { Difference, Inspection, Look } from "./look";

/** Milliseconds that another writer gets to write the rules for what it has written to OVSDB. */
const PATIENCE = 3000;
/** The least milliseconds between two comparisons: on a busy host, rows change all the time. */
const PAUSE = 150;

/**
 * Compares a host with its claims at a moment when nobody writes to it. A comparison takes several steps, and a
 * difference because the host changed in between is not drift. Neither is a push that is still due, unless it remains
 * due.
 */
export async function inspectSteadily(
  access: HostAccess,
  first: Look,
  lookAgain: () => Promise<Look>,
): Promise<Inspection> {
  const deadline = performance.now() + PATIENCE;
  for (let look = first; ; ) {
    const found = await outcome(inspect(access, look));
    if ("differences" in found && found.differences.length === 0) return { ...look, ...found };
    const again = await lookAgain();
    const same = isSame(again.facts, look.facts);
    const transient = "differences" in found && found.differences.some((one) => one.transient === true);
    if ((same && !transient) || performance.now() >= deadline) {
      if ("differences" in found) return { ...look, ...found };
      throw found.error;
    }
    await sleep(PAUSE);
    look = await lookAgain();
  }
}

function outcome(
  inspecting: Promise<Difference[]>,
): Promise<{ differences: Difference[] } | { error: unknown }> {
  return inspecting.then(
    (differences) => ({ differences }),
    (error) => ({ error }),
  );
}
