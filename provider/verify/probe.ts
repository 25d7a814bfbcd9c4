import type { Action, Rule } from "../model/desired";
import { sendThrough } from "../model/endpoint";
import { is, masked } from "../model/match";
import { sharedActions } from "../model/shared";
import { ARRIVED } from "../model/tunnels";
import type { SourceEnd } from "./tap";

/** What became of a probe. */
export type ProbeResult =
  /** It arrived where the monitors are, under this tunnel id. `delivered`: what was put out to the monitors besides. */
  | { outcome: "arrived"; tunnelId: number; milliseconds: number; delivered?: string }
  /** None of so many arrived. */
  | { outcome: "lost"; sent: number }
  /** It could not be sent, or could not have been seen to arrive. */
  | { outcome: "refused"; why: string };

/** EtherType of probes: IEEE 802's first one for local experiments, which nothing else on a network has. */
export const PROBE_TYPE = 0x88b5;
/** Where probes say that they go: an address that bridges never forward (IEEE 802.1Q, table 8-1). */
const NOWHERE = Buffer.from("0180c200000e", "hex");
/** Bytes of the shortest Ethernet frame, without its checksum. */
const SHORTEST = 60;
/** The bits of a probe's source address that tell one run from another; the others number its probes. */
const RUN_BITS = 0xffff_ffff_0000n;
/** Probes that a run has numbers for. */
export const MOST_PROBES = 0x1_0000;
/** Above all rules of ours. */
const PRIORITY = 65535;
/** The port that what is sent by packet-out comes by, if it comes by none (OFPP_CONTROLLER). */
export const FROM_CONTROLLER = 0xffff_fffd;
/** The name by which actions here mean the bridge's tables, from the first on. */
export const TABLES_NAME = "(tables)";

/** The source address of a run's probes, from four random bytes: locally administered, of one station. */
export function runAddress(random: Buffer): bigint {
  const first = (random.readUInt8(0) & 0xfc) | 0x02;
  return BigInt(first * 0x100_0000 + random.readUIntBE(1, 3)) << 16n;
}

/** A run's probe of a number. */
export function probeFrame(run: bigint, number: number): Buffer {
  const source = Buffer.from((run | BigInt(number)).toString(16).padStart(12, "0"), "hex");
  const type = Buffer.from(PROBE_TYPE.toString(16), "hex");
  const text = Buffer.from("pulumi-taas verify");
  const frame = Buffer.concat([NOWHERE, source, type, text]);
  return Buffer.concat([frame, Buffer.alloc(SHORTEST - frame.length)]);
}

/** The number of a run's probe; undefined for any other frame. */
export function probeNumber(run: bigint, frame: Buffer): number | undefined {
  if (frame.length < 14 || frame.readUInt16BE(12) !== PROBE_TYPE) return undefined;
  const source = BigInt(frame.readUIntBE(6, 6));
  return (source & RUN_BITS) === run ? Number(source & ~RUN_BITS) : undefined;
}

/**
 * The rules of one run on the host of monitors. What has arrived as a copy does is not delivered but told of, by `report`; what the
 * host sends to itself is taken for arrived.
 */
export function probeRules(run: bigint, cookie: bigint, report: Action<number>): Rule<number>[] {
  const match = [is("eth_type", PROBE_TYPE), masked("eth_src", run, RUN_BITS)];
  const rule = { priority: PRIORITY, cookie, owners: [] };
  return [
    { ...rule, table: 0, inPort: FROM_CONTROLLER, match, actions: [ARRIVED.set, { goto: 2 }] },
    { ...rule, table: 2, match: [ARRIVED.match, ...match], actions: [report] },
  ];
}

/**
 * The actions that send a probe as a tap's capture group would send a copy, one list for each way that it has: copies that are
 * cut to different lengths leave for production's tunnels by different ports. None where there is no way that can be seen from here.
 */
export function sendingActions(
  { way, claim }: SourceEnd,
  lengths: readonly (number | undefined)[],
): Action[][] {
  const key = claim.tunnelId;
  switch (way.kind) {
    case "local":
      return [[{ set: "tun_id", value: BigInt(key) }, { output: TABLES_NAME }]];
    case "tunnel":
      return [sendThrough(way.route.end, { key, remote: way.route.remote })];
    case "shared":
      return lengths.map((length) => sharedActions(claim, length));
    case "collector":
      return [];
  }
}
