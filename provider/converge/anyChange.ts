import { setTimeout as sleep } from "node:timers/promises";
import type { OpenHost } from "./hosts";
import type { Look } from "./look";

/**
 * Resolves when one of several hosts may differ from its look, or after this many milliseconds. If updates from a host
 * end, the others are still waited for: the next look connects again and reports the error.
 */
export async function anyChange(open: OpenHost, looks: Iterable<Look>, timeoutMs: number): Promise<void> {
  await Promise.race(
    [...looks].map((look) =>
      open(look.record)
        .changed(look, timeoutMs)
        .catch(() => sleep(timeoutMs)),
    ),
  );
}
