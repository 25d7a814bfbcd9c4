import type { Action, Rule } from "../model/desired";
import { sendThrough } from "../model/endpoint";
import { largestOf } from "../model/largestFrame";
import { is, masked } from "../model/match";
import { sharedActions } from "../model/shared";
import { ARRIVED } from "../model/tunnels";
import type { SourceEnd } from "./tap";

/** The result of a probe. */
export type ProbeResult =
  /**
   * It arrived where the monitors are, under this tunnel id. `cut`: one as long as the longest copies did not. `delivered`: what was put
   * out to the monitors besides.
   */
  | { outcome: "arrived"; tunnelId: number; milliseconds: number; cut?: LengthLimit; delivered?: string }
  /** None of so many arrived. */
  | { outcome: "lost"; sent: number }
  /** It could not be sent, or its arrival could not have been observed. */
  | { outcome: "refused"; why: string };

/** Bytes of the longest copies, which do not arrive, and of the longest probe that did; undefined where that was not looked for. */
export interface LengthLimit {
  longest: number;
  arrived: number | undefined;
}

/** A way that a tap's copies leave by. */
export interface Sending<Port extends string | number = string> {
  actions: Action<Port>[];
  /** Bytes of the longest copies that go there; undefined where all of them are as short as a probe, or no port says how long they are. */
  longest: number | undefined;
}

/** EtherType of probes: IEEE 802's first one for local experiments, which nothing else on a network has. */
export const PROBE_TYPE = 0x88b5;
/** Bytes of the longest probe: no network card takes longer frames, whatever MTU a host says that a port has. */
const LONGEST = 9234;
/** Where probes say that they go: an address that bridges never forward (IEEE 802.1Q, table 8-1). */
const NOWHERE = Buffer.from("0180c200000e", "hex");
/** Bytes of the shortest Ethernet frame, without its checksum: those of a probe. */
export const SHORTEST = 60;
/** The bits of a probe's source address that tell one run from another; the others number its probes. */
const RUN_BITS = 0xffff_ffff_0000n;
/** The most probes of a run. */
export const MOST_PROBES = 0x1_0000;
/** Above all our rules. */
const PRIORITY = 65535;
/** The input port of a packet-out that names none (OFPP_CONTROLLER). */
export const FROM_CONTROLLER = 0xffff_fffd;
/** The name by which actions here refer to the bridge's tables, from the first one. */
export const TABLES_NAME = "(tables)";

/** The source address of a run's probes, from four random bytes: locally administered, unicast. */
export function runAddress(random: Buffer): bigint {
  const first = (random.readUInt8(0) & 0xfc) | 0x02;
  return BigInt(first * 0x100_0000 + random.readUIntBE(1, 3)) << 16n;
}

/** A run's probe of a number and of so many bytes. */
export function probeFrame(run: bigint, number: number, bytes: number): Buffer {
  const source = Buffer.from((run | BigInt(number)).toString(16).padStart(12, "0"), "hex");
  const type = Buffer.from(PROBE_TYPE.toString(16), "hex");
  const text = Buffer.from("pulumi-taas verify");
  const frame = Buffer.concat([NOWHERE, source, type, text]);
  return Buffer.concat([frame, Buffer.alloc(bytes - frame.length)]);
}

/** The number of a run's probe; undefined for any other frame. */
export function probeNumber(run: bigint, frame: Buffer): number | undefined {
  if (frame.length < 14 || frame.readUInt16BE(12) !== PROBE_TYPE) return undefined;
  const source = BigInt(frame.readUIntBE(6, 6));
  return (source & RUN_BITS) === run ? Number(source & ~RUN_BITS) : undefined;
}

/**
 * The rules of one run on the monitors' host. A probe that arrives as a copy does is not delivered but reported, by
 * `report`; a probe that the host sends to itself counts as arrived.
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
 * The ways on which a probe is sent as a tap's capture group would send a copy: copies that are cut to different lengths leave for
 * production's tunnels by different ports. None where there is no way that can be seen from here. `lengths`: those that copies are cut to.
 */
export function sendingsOf(
  { way, claim, ports }: SourceEnd,
  lengths: readonly (number | undefined)[],
): Sending[] {
  const key = claim.tunnelId;
  const largest = Math.min(largestOf(ports)?.bytes ?? 0, LONGEST);
  const longestOf = (some: readonly (number | undefined)[]): number | undefined => {
    const longest = Math.max(0, ...some.map((length) => Math.min(length ?? largest, largest)));
    return longest > SHORTEST ? longest : undefined;
  };
  switch (way.kind) {
    case "local": {
      const actions: Action[] = [{ set: "tun_id", value: BigInt(key) }, { output: TABLES_NAME }];
      return [{ actions, longest: undefined }];
    }
    case "tunnel": {
      const actions = sendThrough(way.route.end, { key, remote: way.route.remote });
      return [{ actions, longest: longestOf(lengths) }];
    }
    case "shared":
      return lengths.map((length) => ({
        actions: sharedActions(claim, length),
        longest: longestOf([length]),
      }));
    case "collector":
      return [];
  }
}
