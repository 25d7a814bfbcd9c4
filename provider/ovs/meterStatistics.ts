import { bridgeName, commandFailed, type OfctlTarget, ofctlArgv, runBounded } from "./ofctl";

/**
 * The packets and bytes that the first band of each meter of a bridge has dropped, by meter number (`ovs-ofctl
 * meter-stats`).
 */
export async function readMeterDrops(
  target: OfctlTarget,
): Promise<Map<number, { packets: number; bytes: number }>> {
  const result = await runBounded(
    target,
    ofctlArgv(target, "OpenFlow14", ["--", "meter-stats", bridgeName(target)]),
  );
  if (result.exitCode !== 0) throw commandFailed(target, "reading the meters' counters", result);
  const blocks = result.stdout.split(/^(?=meter:)/m);
  return new Map(
    blocks.flatMap((block) => {
      const id = /^meter:(\d+)/.exec(block)?.[1];
      if (id === undefined) return [];
      const band = /^\s*0: packet_count:(\d+) byte_count:(\d+)/m.exec(block);
      return [[Number(id), { packets: Number(band?.[1] ?? 0), bytes: Number(band?.[2] ?? 0) }] as const];
    }),
  );
}
