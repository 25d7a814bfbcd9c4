import { type HostGuard, type OfctlCommand, runGuarded } from "./guarded";
import { readMeter } from "./meterConfig";
import { bridgeName, commandFailed, type OfctlTarget, ofctlArgv, runBounded } from "./ofctl";

/** A meter with one band that drops what exceeds its rate. */
export interface MeterSpec {
  id: number;
  unit: "kbps" | "pktps";
  /** Kilobits or packets per second. */
  rate: number;
  /** Kilobits or packets. */
  burst: number;
}

const VERSION = "OpenFlow14";

/** A meter in ovs-ofctl's notation; its counters are kept. */
function meterText(meter: MeterSpec): string {
  return `meter=${meter.id},${meter.unit},burst,stats,band=type=drop,rate=${meter.rate},burst_size=${meter.burst}`;
}

/** A bridge's meters by number: the configuration of each as words in canonical order. */
type Meters = ReadonlyMap<number, string>;

/**
 * The highest number that a meter can have. Higher ones are Open vSwitch's own meters, such as the controller's (enum
 * ofp_meter).
 */
const MAX_METER = 0xffff_0000;

/** Meters as a bridge reports them over OpenFlow. */
export function readMeters(told: readonly Buffer[]): Meters {
  const meters = told.map(readMeter).filter(([id]) => id <= MAX_METER);
  return new Map(meters.map(([id, words]) => [id, canonicalMeter(words)]));
}

/** Reads the meters of a bridge by a command. Rejects with `openflow-error`. */
export async function dumpMeters(target: OfctlTarget): Promise<Meters> {
  const result = await runBounded(
    target,
    ofctlArgv(target, VERSION, ["--", "dump-meters", bridgeName(target)]),
  );
  if (result.exitCode !== 0) throw commandFailed(target, "reading the meters", result);
  const blocks = result.stdout.split(/^(?=meter=)/m);
  return new Map(
    blocks.flatMap((block) => {
      // Open vSwitch's own meters, such as `meter=controller`, have no number and are skipped.
      const id = /^meter=(\d+)/.exec(block)?.[1];
      return id === undefined ? [] : [[Number(id), canonicalMeter(block)] as const];
    }),
  );
}

/** The words of a meter's text, sorted: ovs-ofctl prints them in another order than it accepts them. */
function canonicalMeter(text: string): string {
  const words = text
    .replace(/bands?=/g, " ")
    .split(/[\s,]+/)
    .filter((word) => word !== "");
  return words.sort().join(" ");
}

/** The differences between a bridge's meters and the wanted ones. */
export interface MeterDifference<Wanted extends MeterSpec = MeterSpec> {
  missing: Wanted[];
  altered: Wanted[];
  unexpected: number[];
}

/** Compares the meters of a bridge with the wanted ones. */
export function compareMeters<Wanted extends MeterSpec>(
  present: Meters,
  wanted: readonly Wanted[],
): MeterDifference<Wanted> {
  const ids = new Set(wanted.map((meter) => meter.id));
  return {
    missing: wanted.filter((meter) => !present.has(meter.id)),
    altered: wanted.filter(
      (meter) => present.has(meter.id) && present.get(meter.id) !== canonicalMeter(meterText(meter)),
    ),
    unexpected: [...present.keys()].filter((id) => !ids.has(id)),
  };
}

/**
 * Creates missing meters and updates those that differ, while the guard holds; rules that use them can be pushed
 * afterwards. Resolves to false if the guard has changed.
 */
export async function putMeters(
  target: OfctlTarget,
  { missing, altered }: MeterDifference,
  guard: HostGuard,
): Promise<boolean> {
  const commands = [...missing, ...altered].map((meter) => ["put-meter", meterText(meter)] as const);
  return change(target, guard, commands, "setting meters");
}

/**
 * Deletes meters that no rule uses any more, while the guard holds: Open vSwitch deletes the rules that use a meter
 * together with it. Resolves to false if the guard has changed.
 */
export async function deleteMeters(
  target: OfctlTarget,
  ids: readonly number[],
  guard: HostGuard,
): Promise<boolean> {
  const commands = ids.map((id) => ["del-meter", `meter=${id}`] as const);
  return change(target, guard, commands, "deleting meters");
}

async function change(
  target: OfctlTarget,
  guard: HostGuard,
  commands: readonly OfctlCommand[],
  wanted: string,
): Promise<boolean> {
  return commands.length === 0 || runGuarded({ ...target, version: VERSION }, guard, commands, wanted);
}
