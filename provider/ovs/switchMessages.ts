import { createHash } from "node:crypto";
import { isLeaseCookie, leaseCookie } from "../model/identity";
import { is } from "../model/match";
import { padded, type WireFlow, wirePlace } from "./encodeRule";
import { encodeMatch } from "./oxm";

/** OpenFlow 1.4, as the version stands in every message (openflow-spec 1.4.0, section 7.1). */
const VERSION = 0x05;
const HEADER = 8;
const NOTHING = Buffer.alloc(0);
/** All bits of a cookie. */
export const EXACT = 0xffff_ffff_ffff_ffffn;

/** Kinds of message that are sent or understood here (enum ofp_type). */
export const TYPE = {
  hello: 0,
  error: 1,
  echoRequest: 2,
  echoReply: 3,
  experimenter: 4,
  getConfigRequest: 7,
  getConfigReply: 8,
  setConfig: 9,
  packetOut: 13,
  flowMod: 14,
  multipartRequest: 18,
  multipartReply: 19,
  barrierRequest: 20,
  barrierReply: 21,
  setAsync: 28,
  bundleControl: 33,
  bundleAdd: 34,
} as const;

const ANY = 0xffff_ffff;
const ALL_TABLES = 0xff;
/** Kinds of question with answers of several parts (enum ofp_multipart_type). */
const FLOW_STATISTICS = 1;
const METER_CONFIG = 10;
const MORE = 1;
/** Bytes in front of a match's fields: its type and its length (struct ofp_match). */
const MATCH_HEAD = 4;
const OXM_MATCH = 1;
/** Bytes of a flow's statistics in front of its match (struct ofp_flow_stats). */
const FLOW_HEAD = 48;
/** Bytes of a meter in front of its bands, bytes of a band, and the kind of one that drops (struct ofp_meter_config). */
const METER_HEAD = 8;
const METER_BAND = 16;
const DROP_BAND = 1;
/** What a flow-mod does (enum ofp_flow_mod_command), and that it fails where another rule of its priority may match the same. */
const ADD = 0;
const MODIFY_STRICT = 2;
const DELETE_STRICT = 4;
const CHECK_OVERLAP = 2;
/** The switch's own port, which nothing ever comes in by (enum ofp_port_no). */
const LOCAL_PORT = 0xffff_fffe;
/** Steps of a bundle (enum ofp_bundle_ctrl_type), and that it is done as a whole, in its order. */
const BUNDLE = { open: 0, commit: 4, discard: 6 } as const;
const ATOMIC_AND_ORDERED = 3;
/** How a bridge must handle IP fragments: `ovs-ofctl set-frags nx-match` (enum ofp_config_flags). */
export const FRAGMENTS_NX_MATCH = 3;

/** One message of the protocol. */
export interface Message {
  type: number;
  /** Pairs an answer with its request. */
  xid: number;
  body: Buffer;
}

/** A message that is to be sent; some have their number in their body too. */
export interface Request {
  type: number;
  body: Buffer | ((xid: number) => Buffer);
}

/** A message as it goes over the wire. */
export function encodeMessage({ type, xid, body }: Message): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(VERSION, 0);
  header.writeUInt8(type, 1);
  header.writeUInt16BE(HEADER + body.length, 2);
  header.writeUInt32BE(xid, 4);
  return Buffer.concat([header, body]);
}

/** Takes the whole messages off the front of what was received, and the rest. Throws a RangeError for what is no OpenFlow. */
export function takeMessages(received: Buffer): { messages: Message[]; rest: Buffer } {
  const messages: Message[] = [];
  let at = 0;
  while (received.length - at >= HEADER) {
    const length = received.readUInt16BE(at + 2);
    const type = received.readUInt8(at + 1);
    // A hello may be of any version; afterwards both sides speak the lower one.
    if (length < HEADER || (type !== TYPE.hello && received.readUInt8(at) !== VERSION))
      throw new RangeError(`no OpenFlow 1.4: ${received.subarray(at, at + HEADER).toString("hex")}`);
    if (received.length - at < length) break;
    const body = received.subarray(at + HEADER, at + length);
    messages.push({ type, xid: received.readUInt32BE(at + 4), body });
    at += length;
  }
  return { messages, rest: received.subarray(at) };
}

/** A match as a message has it. */
function encodeMatchField(fields: Buffer): Buffer {
  const head = Buffer.alloc(MATCH_HEAD);
  head.writeUInt16BE(OXM_MATCH, 0);
  head.writeUInt16BE(MATCH_HEAD + fields.length, 2);
  return padded(head, fields);
}

/** Bits of a cookie, and what they are to be. */
export interface CookieMatch {
  cookie: bigint;
  mask: bigint;
}

/**
 * The body of a request for all flows of a bridge, or for those with certain cookies (struct ofp_multipart_request,
 * ofp_flow_stats_request).
 */
export function requestFlows({ cookie, mask }: CookieMatch = { cookie: 0n, mask: 0n }): Buffer {
  const body = Buffer.alloc(8 + 32);
  body.writeUInt16BE(FLOW_STATISTICS, 0);
  body.writeUInt8(ALL_TABLES, 8);
  body.writeUInt32BE(ANY, 12);
  body.writeUInt32BE(ANY, 16);
  body.writeBigUInt64BE(cookie, 24);
  body.writeBigUInt64BE(mask, 32);
  return Buffer.concat([body, encodeMatchField(NOTHING)]);
}

/** The body of a request for all meters of a bridge (struct ofp_meter_multipart_request). */
export function requestMeters(): Buffer {
  const body = Buffer.alloc(8 + 8);
  body.writeUInt16BE(METER_CONFIG, 0);
  body.writeUInt32BE(ANY, 8);
  return body;
}

/** One part of an answer to `requestFlows` or `requestMeters`: the flows or meters in it, and whether more parts follow. */
export function readParts(body: Buffer): { parts: Buffer[]; more: boolean } {
  const kind = body.readUInt16BE(0);
  const least = kind === METER_CONFIG ? METER_HEAD : FLOW_HEAD + MATCH_HEAD;
  const parts: Buffer[] = [];
  for (let at = 8; at < body.length; ) {
    const length = body.readUInt16BE(at);
    if (length < least || at + length > body.length) throw new RangeError(`an answer of ${length} bytes`);
    parts.push(body.subarray(at, at + length));
    at += length;
  }
  return { parts, more: (body.readUInt16BE(2) & MORE) !== 0 };
}

/** Flags of a meter by their bits, in ovs-ofctl's words (enum ofp_meter_flags). */
const METER_FLAGS = ["kbps", "pktps", "burst", "stats"];

/** A meter's number, and what it does in the words of `ovs-ofctl dump-meters` (struct ofp_meter_config). */
export function readMeter(meter: Buffer): [id: number, words: string] {
  const id = meter.readUInt32BE(4);
  const flags = METER_FLAGS.filter((_, bit) => (meter.readUInt16BE(2) & (1 << bit)) !== 0);
  const bands: string[] = [];
  for (let at = METER_HEAD; at < meter.length; at += METER_BAND) {
    const [type, length] = [meter.readUInt16BE(at), meter.readUInt16BE(at + 2)];
    if (length !== METER_BAND) throw new RangeError(`a band of ${length} bytes`);
    const kind = type === DROP_BAND ? "drop" : type;
    bands.push(`type=${kind} rate=${meter.readUInt32BE(at + 4)} burst_size=${meter.readUInt32BE(at + 8)}`);
  }
  return [id, [`meter=${id}`, ...flags, ...bands].join(" ")];
}

/** A rule that a bridge has. */
export interface PresentFlow extends WireFlow {
  /** Milliseconds that it has been there. */
  age: number;
  /** It has an idle timeout, an importance or flags, as none of ours has. */
  special: boolean;
  /** It is leased: its holder's affair, and no other writer's. */
  leased: boolean;
}

/** Leased rules by their cookies; those without an end are none. */
export const LEASES: CookieMatch = { cookie: leaseCookie("0"), mask: 0xffff_0000_0000_0000n };

/** Whether a flow of an answer to `requestFlows` is a leased one: it has the cookie of one, and an end. */
function isLeased(flow: Buffer): boolean {
  return isLeaseCookie(flow.readBigUInt64BE(24)) && flow.readUInt16BE(16) !== 0;
}

/** One flow of an answer to `requestFlows`. */
export function readFlow(flow: Buffer): PresentFlow {
  const end = FLOW_HEAD + flow.readUInt16BE(FLOW_HEAD + 2);
  if (end < FLOW_HEAD + MATCH_HEAD || end > flow.length) throw new RangeError("a flow's match");
  return {
    table: flow.readUInt8(2),
    priority: flow.readUInt16BE(12),
    age: flow.readUInt32BE(4) * 1000 + Math.floor(flow.readUInt32BE(8) / 1e6),
    hardTimeout: flow.readUInt16BE(16),
    special: flow.readUInt16BE(14) !== 0 || flow.readUInt32BE(18) !== 0,
    leased: isLeased(flow),
    cookie: flow.readBigUInt64BE(24),
    match: flow.subarray(FLOW_HEAD + MATCH_HEAD, end),
    instructions: flow.subarray(end + (-end & 7)),
  };
}

/** The body of a flow-mod (struct ofp_flow_mod). */
function flowMod(
  command: number,
  flow: Omit<WireFlow, "instructions" | "hardTimeout"> & Partial<WireFlow>,
  more: { flags?: number; cookieMask?: bigint } = {},
): Buffer {
  const body = Buffer.alloc(40);
  body.writeBigUInt64BE(flow.cookie, 0);
  body.writeBigUInt64BE(more.cookieMask ?? 0n, 8);
  body.writeUInt8(flow.table, 16);
  body.writeUInt8(command, 17);
  body.writeUInt16BE(flow.hardTimeout ?? 0, 20);
  body.writeUInt16BE(flow.priority, 22);
  for (const at of [24, 28, 32]) body.writeUInt32BE(ANY, at);
  body.writeUInt16BE(more.flags ?? 0, 36);
  return Buffer.concat([body, encodeMatchField(flow.match), flow.instructions ?? NOTHING]);
}

/** Whether a rule is the one that carries the mark of all: the last of table 0, which every frame matches. */
function isMark({ table, priority, match }: Pick<WireFlow, "table" | "priority" | "match">): boolean {
  return table === 0 && priority === 0 && match.length === 0;
}

/** Whether a rule is the one that is wanted in its place. When it ends is told by `settleEnds`. */
function isSame(present: PresentFlow, wanted: WireFlow): boolean {
  const { cookie, hardTimeout, instructions, special } = present;
  const alike = cookie === wanted.cookie && hardTimeout === wanted.hardTimeout && !special;
  return alike && instructions.equals(wanted.instructions);
}

/**
 * The flow-mods that make a bridge's rules the wanted ones, to be done as one bundle. They fail as a whole, with the error
 * that `isOverlap` tells, where the rule that carries the mark is not the one that was seen: a rule put across it, and
 * taken away again, finds it. So nobody takes back what another writer has done meanwhile. What is as it should be stays,
 * with its counters.
 */
export function flowMods(present: readonly PresentFlow[], wanted: ReadonlyMap<string, WireFlow>): Buffer[] {
  const places = new Map(present.map((flow) => [wirePlace(flow), flow]));
  const isWanted = (flow: PresentFlow) => !isMark(flow) && wanted.has(wirePlace(flow));
  const isThere = (flow: WireFlow, place: string) => {
    const now = places.get(place);
    return now !== undefined && isSame(now, flow) && !isMark(flow);
  };
  const gone = present.filter((flow) => !flow.leased && !isWanted(flow));
  const across = { table: 0, priority: 0, cookie: 0n, match: encodeMatch([is("in_port", LOCAL_PORT)]) };
  return [
    ...gone.map((flow) => flowMod(DELETE_STRICT, flow, isMark(flow) ? { cookieMask: EXACT } : {})),
    flowMod(ADD, across, { flags: CHECK_OVERLAP }),
    flowMod(DELETE_STRICT, across),
    ...[...wanted].filter(([place, flow]) => !isThere(flow, place)).map(([, flow]) => flowMod(ADD, flow)),
  ];
}

/** The body of a flow-mod that adds a leased rule, which ends after so many seconds unless it is renewed. */
export function addLease(flow: WireFlow, seconds: number): Buffer {
  return flowMod(ADD, { ...flow, hardTimeout: seconds });
}

/**
 * The body of a flow-mod that lets a leased rule's time begin anew, with its counters. Where the rule is gone it stays gone: a
 * change makes no rule (openflow-spec 1.4.0, section 6.4).
 */
export function renewLease(flow: WireFlow): Buffer {
  return flowMod(MODIFY_STRICT, flow, { cookieMask: EXACT });
}

/** The body of a flow-mod that deletes a leased rule. */
export function endLease(flow: WireFlow): Buffer {
  return flowMod(DELETE_STRICT, flow, { cookieMask: EXACT });
}

/** Whether these are the wanted rules, and no others but leased ones. */
export function hasFlows(present: readonly PresentFlow[], wanted: ReadonlyMap<string, WireFlow>): boolean {
  const lasting = present.filter(({ leased }) => !leased);
  return (
    lasting.length === wanted.size &&
    lasting.every((flow) => {
      const other = wanted.get(wirePlace(flow));
      return other !== undefined && isSame(flow, other);
    })
  );
}

/** What is done with a bundle as a whole. */
export type BundleStep = keyof typeof BUNDLE;

/** The body of a bundle's first or last message. */
export function bundleControl(bundle: number, step: BundleStep): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt32BE(bundle, 0);
  body.writeUInt16BE(BUNDLE[step], 4);
  body.writeUInt16BE(ATOMIC_AND_ORDERED, 6);
  return body;
}

/** The body of a message that puts a flow-mod into a bundle; both have the same xid. */
export function bundleAdd(bundle: number, mod: Buffer, xid: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(bundle, 0);
  head.writeUInt16BE(ATOMIC_AND_ORDERED, 6);
  return Buffer.concat([head, encodeMessage({ type: TYPE.flowMod, xid, body: mod })]);
}

/** Whether the body of an error says that a rule overlaps with another (OFPET_FLOW_MOD_FAILED, OFPFMFC_OVERLAP). */
export function isOverlap(body: Buffer): boolean {
  return body.length >= 4 && body.readUInt16BE(0) === 5 && body.readUInt16BE(2) === 3;
}

/**
 * All that flows but leased ones and meters do, as one text: table, priority, timeouts, flags, cookie, match and instructions of
 * each, without counters and ages, in no particular order.
 */
export function digestRules(flows: readonly Buffer[], meters: readonly Buffer[]): string {
  const lasting = flows.filter((flow) => !isLeased(flow));
  const words = lasting.map((flow) => {
    const [table, settings] = [flow.subarray(2, 3), flow.subarray(12, 24)];
    return Buffer.concat([table, settings, flow.subarray(24, 32), flow.subarray(FLOW_HEAD)]).toString(
      "latin1",
    );
  });
  const limits = meters.map((meter) => `meter ${meter.toString("latin1")}`);
  return createHash("sha256")
    .update([...words, ...limits].sort().join("\n"), "latin1")
    .digest("hex");
}

/** A bridge's settings, from its answer to a request for them (struct ofp_switch_config). */
export interface SwitchConfig {
  flags: number;
  missSendLength: number;
}

export function readConfig(body: Buffer): SwitchConfig {
  return { flags: body.readUInt16BE(0), missSendLength: body.readUInt16BE(2) };
}

/** The body of a message that sets them. */
export function encodeConfig({ flags, missSendLength }: SwitchConfig): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt16BE(flags, 0);
  body.writeUInt16BE(missSendLength, 2);
  return body;
}
