import { bridgeName, commandFailed, type OfctlTarget, ofctlArgv, runBounded } from "./ofctl";

/** A meter with one band that drops what is above its rate. */
export interface MeterSpec {
  id: number;
  unit: "kbps" | "pktps";
  /** Kilobits or packets a second. */
  rate: number;
  /** Kilobits or packets. */
  burst: number;
}

const VERSION = "OpenFlow14";

/** A meter as ovs-ofctl takes it; counters are kept for it. */
function meterText(meter: MeterSpec): string {
  return `meter=${meter.id},${meter.unit},burst,stats,band=type=drop,rate=${meter.rate},burst_size=${meter.burst}`;
}

/** Reads the meters of a bridge: their text in a canonical form, by number. */
async function dumpMeters(target: OfctlTarget): Promise<Map<number, string>> {
  const result = await runBounded(
    target,
    ofctlArgv(target, VERSION, ["--", "dump-meters", bridgeName(target)]),
  );
  if (result.exitCode !== 0) throw commandFailed(target, "reading the meters", result);
  const blocks = result.stdout.split(/^(?=meter=)/m).filter((block) => block.startsWith("meter="));
  return new Map(blocks.map((block) => [Number(/^meter=(\d+)/.exec(block)![1]), canonicalMeter(block)]));
}

/** The words of a meter's text, sorted: ovs-ofctl prints them in another order than it takes them. */
function canonicalMeter(text: string): string {
  const words = text
    .replace(/bands?=/g, " ")
    .split(/[\s,]+/)
    .filter((word) => word !== "");
  return words.sort().join(" ");
}

/** How a bridge's meters differ from the wanted ones. */
export interface MeterDifference<Wanted extends MeterSpec = MeterSpec> {
  missing: Wanted[];
  altered: Wanted[];
  unexpected: number[];
}

/** Compares the meters of a bridge with the wanted ones. */
export async function compareMeters<Wanted extends MeterSpec>(
  target: OfctlTarget,
  wanted: readonly Wanted[],
): Promise<MeterDifference<Wanted>> {
  const present = await dumpMeters(target);
  const ids = new Set(wanted.map((meter) => meter.id));
  return {
    missing: wanted.filter((meter) => !present.has(meter.id)),
    altered: wanted.filter(
      (meter) => present.has(meter.id) && present.get(meter.id) !== canonicalMeter(meterText(meter)),
    ),
    unexpected: [...present.keys()].filter((id) => !ids.has(id)),
  };
}

/** Makes the meters that are missing and sets those that differ; rules that name them can be pushed afterwards. */
export async function putMeters(target: OfctlTarget, difference: MeterDifference): Promise<void> {
  for (const meter of difference.missing) await meterCommand(target, "add-meter", meterText(meter));
  for (const meter of difference.altered) await meterCommand(target, "mod-meter", meterText(meter));
}

/** Removes meters that no rule names any more. */
export async function removeMeters(target: OfctlTarget, ids: readonly number[]): Promise<void> {
  for (const id of ids) await meterCommand(target, "del-meter", `meter=${id}`);
}

async function meterCommand(target: OfctlTarget, command: string, meter: string): Promise<void> {
  const result = await runBounded(
    target,
    ofctlArgv(target, VERSION, ["--", command, bridgeName(target), meter]),
  );
  if (result.exitCode !== 0) throw commandFailed(target, `${command} ${meter}`, result);
}
