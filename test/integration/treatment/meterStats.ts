import type { LabHost } from "../../lab/host";

/** What a meter of `br-tap` has counted. */
export interface MeterCounter {
  seen: number;
  dropped: number;
}

/** The meters of a host's `br-tap` as ovs-ofctl prints them, a line each. */
export async function meters(host: LabHost): Promise<string[]> {
  const dump = await host.ovs("ovs-ofctl -O OpenFlow13 dump-meters br-tap");
  const lines = dump.replace(/\n(?=type=)/g, " ").split("\n");
  return lines.map((line) => line.trim()).filter((line) => line.startsWith("meter="));
}

/** What each of them has counted. */
export async function meterCounters(host: LabHost): Promise<MeterCounter[]> {
  const dump = await host.ovs("ovs-ofctl -O OpenFlow13 meter-stats br-tap");
  const counters = dump.matchAll(/packet_in_count:(\d+)[\s\S]*?packet_count:(\d+)/g);
  return [...counters].map(([, seen, dropped]) => ({ seen: Number(seen), dropped: Number(dropped) }));
}
