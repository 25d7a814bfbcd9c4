import type { Command } from "commander";
import type { CaptureWish } from "../../provider/capture/wish";
import { snapLength as snapSchema } from "../../provider/schema/common";
import { flowFilter } from "../../provider/schema/filter";
import { direction as directionSchema } from "../../provider/schema/flow";
import { portInput } from "../../provider/schema/port";
import { UsageError } from "../usageError";

/** The command-line options that say which frames of a port are captured. */
export interface CaptureOptions {
  direction?: string;
  rate?: string;
  snap?: string;
}

/** The default limit of captured frames per second. */
export const DEFAULT_RATE = 1000;

/** Adds the options that say which frames of a port are captured. */
export function addCaptureOptions(command: Command): void {
  command
    .option("--direction <which>", "ingress: towards the VM; egress: from it; or both (default)")
    .option("--rate <number>", `most frames per second, 0: all (default: ${DEFAULT_RATE})`)
    .option("--snap <bytes>", "bytes kept of each frame (default: all)");
}

/** An option that must be a whole number; undefined if it is not given. Throws a UsageError. */
export function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new UsageError(`${option} must be a whole number`);
}

/** The bytes that are kept of a frame; 0: all. Throws a UsageError. */
export function snapOf({ snap }: CaptureOptions): number {
  const bytes = wholeNumber("--snap", snap);
  if (bytes === undefined || bytes === 0) return 0;
  const read = snapSchema.safeParse(bytes);
  if (read.success) return bytes;
  throw new UsageError(`--snap ${read.error.issues[0]!.message}`);
}

/** Parses what to capture: `port` and `expression` as the operator gives them. Throws a UsageError. */
export function readWish(port: string, expression: string, options: CaptureOptions): CaptureWish {
  const rate = wholeNumber("--rate", options.rate) ?? DEFAULT_RATE;
  const direction = directionSchema.safeParse(options.direction ?? "both");
  if (!direction.success) throw new UsageError("--direction must be ingress, egress or both");
  return {
    port: readPort(port),
    direction: direction.data,
    filter: readFilter(expression),
    packetsPerSecond: rate === 0 ? undefined : rate,
  };
}

/** The ways to name a port by what the cloud wrote in its row. */
const NAMED = /^(iface-id|mac|vm)=(.+)$/s;

/** Parses a port: its name, or `iface-id=ID`, `mac=ADDRESS`, `vm=UUID` or `vm=UUID/VNIC`. Throws a UsageError. */
function readPort(text: string): CaptureWish["port"] {
  const [, kind, value = ""] = NAMED.exec(text) ?? [];
  const [, vmUuid, vnic] = /^(.*?)(?:\/(\d+))?$/s.exec(value) as unknown as [string, string, string?];
  const given = {
    "iface-id": { ifaceId: value },
    mac: { mac: value },
    vm: { vmUuid, ...(vnic === undefined ? {} : { vnic: Number(vnic) }) },
  }[kind as "mac"];
  const read = portInput.safeParse(given ?? text);
  if (read.success) return read.data;
  throw new UsageError(`--port ${read.error.issues[0]!.message}`);
}

function readFilter(expression: string): CaptureWish["filter"] {
  if (expression.trim() === "") return undefined;
  const read = flowFilter.safeParse(expression);
  if (read.success) return read.data;
  throw new UsageError(`the expression ${read.error.issues[0]!.message}`);
}
