import { setTimeout as sleep } from "node:timers/promises";
import type { LabHost } from "../lab/host";

const LEASED = "cookie=0x7a71000000000000/0xffff000000000000";

/** How many leased rules a host's tap bridge has. */
export async function leasesOf(host: LabHost): Promise<number> {
  const count = `ovs-ofctl -O OpenFlow14 dump-flows br-tap ${LEASED} | grep -c hard_timeout || true`;
  return Number(await host.ovs(count));
}

/** Resolves when something holds; rejects after so many seconds. */
export async function until(what: string, holds: () => Promise<boolean>, seconds = 20): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(100);
  }
}
