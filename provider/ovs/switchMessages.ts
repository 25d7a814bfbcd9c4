import { createHash } from "node:crypto";

/** OpenFlow 1.4, as the version stands in every message (openflow-spec 1.4.0, section 7.1). */
const VERSION = 0x05;
const HEADER = 8;

/** Kinds of message that are sent or understood here (enum ofp_type). */
export const TYPE = {
  hello: 0,
  error: 1,
  echoRequest: 2,
  echoReply: 3,
  getConfigRequest: 7,
  getConfigReply: 8,
  flowMod: 14,
  multipartRequest: 18,
  multipartReply: 19,
  barrierRequest: 20,
  barrierReply: 21,
} as const;

const ANY = 0xffff_ffff;
const ALL_TABLES = 0xff;
const FLOW_STATISTICS = 1;
const MORE = 1;
/** A match of no fields: type OXM, length without padding, padding (struct ofp_match). */
const MATCH_ALL = Buffer.from([0, 1, 0, 4, 0, 0, 0, 0]);
/** Bytes of a flow's statistics in front of its match (struct ofp_flow_stats). */
const FLOW_HEAD = 48;

/** One message of the protocol. */
export interface Message {
  type: number;
  /** Pairs an answer with its request. */
  xid: number;
  body: Buffer;
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

/** The body of a request for all flows of a bridge (struct ofp_multipart_request, ofp_flow_stats_request). */
export function requestFlows(): Buffer {
  const body = Buffer.alloc(8 + 32);
  body.writeUInt16BE(FLOW_STATISTICS, 0);
  body.writeUInt8(ALL_TABLES, 8);
  body.writeUInt32BE(ANY, 12);
  body.writeUInt32BE(ANY, 16);
  return Buffer.concat([body, MATCH_ALL]);
}

/** The body of a flow-mod that adds, or takes the place of, the drop rule of priority 0 in table 0 (struct ofp_flow_mod). */
export function addDrop(cookie: bigint): Buffer {
  const body = Buffer.alloc(40);
  body.writeBigUInt64BE(cookie, 0);
  body.writeUInt32BE(ANY, 24);
  body.writeUInt32BE(ANY, 28);
  body.writeUInt32BE(ANY, 32);
  return Buffer.concat([body, MATCH_ALL]);
}

/** One part of an answer to `requestFlows`: the flows in it, and whether more parts follow. */
export function readFlows(body: Buffer): { flows: Buffer[]; more: boolean } {
  const flows: Buffer[] = [];
  for (let at = 8; at < body.length; ) {
    const length = body.readUInt16BE(at);
    if (length < FLOW_HEAD + MATCH_ALL.length || at + length > body.length)
      throw new RangeError(`a flow of ${length} bytes`);
    flows.push(body.subarray(at, at + length));
    at += length;
  }
  return { flows, more: (body.readUInt16BE(2) & MORE) !== 0 };
}

/** Whether a flow stands where `addDrop` puts one, whatever it does. */
function isLast(flow: Buffer): boolean {
  const matchesAll = flow.subarray(FLOW_HEAD, FLOW_HEAD + 4).equals(MATCH_ALL.subarray(0, 4));
  return flow.readUInt8(2) === 0 && flow.readUInt16BE(12) === 0 && matchesAll;
}

/**
 * All that flows do, as one text: table, priority, timeouts, flags, cookie, match and instructions of each, without
 * counters and ages, in no particular order. `rules`: without the cookie of the flow that `addDrop` puts.
 */
export function digestFlows(flows: readonly Buffer[], of: "rules" | "all"): string {
  const words = flows.map((flow) => {
    const table = flow.subarray(2, 3);
    const [settings, cookie] = [flow.subarray(12, 24), flow.subarray(24, 32)];
    const marked = of === "rules" && isLast(flow) ? [] : [cookie];
    return Buffer.concat([table, settings, ...marked, flow.subarray(FLOW_HEAD)]).toString("latin1");
  });
  return createHash("sha256").update(words.sort().join("\n"), "latin1").digest("hex");
}

/** How a bridge handles IP fragments, from its answer to a request for its configuration (struct ofp_switch_config). */
export function readFragmentHandling(body: Buffer): number {
  return body.readUInt16BE(0);
}
