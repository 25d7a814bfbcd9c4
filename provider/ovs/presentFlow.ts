import { isLeaseCookie } from "../model/identity";
import type { WireFlow } from "./encodeRule";
import { MATCH_HEAD } from "./oxm";

/** Bytes of a flow's statistics before its match (struct ofp_flow_stats), and bytes of the shortest match. */
export const FLOW_HEAD = 48;
export const SHORTEST_FLOW = FLOW_HEAD + MATCH_HEAD;

/** A rule that a bridge has. */
export interface PresentFlow extends WireFlow {
  /** Milliseconds since it was added. */
  age: number;
  /** Whether it has an idle timeout, an importance or flags, which none of our rules has. */
  special: boolean;
  /** Whether it is leased: only its holder may change it. */
  leased: boolean;
  /** Packets that it has counted. */
  packets: number;
}

/** Whether a flow in an answer to `requestFlows` is leased: it has a leased cookie and a timeout. */
export function isLeased(flow: Buffer): boolean {
  return isLeaseCookie(flow.readBigUInt64BE(24)) && flow.readUInt16BE(16) !== 0;
}

/** One flow of an answer to `requestFlows`. */
export function readFlow(flow: Buffer): PresentFlow {
  const end = FLOW_HEAD + flow.readUInt16BE(FLOW_HEAD + 2);
  if (end < SHORTEST_FLOW || end > flow.length) throw new RangeError("a flow's match");
  return {
    table: flow.readUInt8(2),
    priority: flow.readUInt16BE(12),
    age: flow.readUInt32BE(4) * 1000 + Math.floor(flow.readUInt32BE(8) / 1e6),
    hardTimeout: flow.readUInt16BE(16),
    special: flow.readUInt16BE(14) !== 0 || flow.readUInt32BE(18) !== 0,
    leased: isLeased(flow),
    packets: Number(flow.readBigUInt64BE(32)),
    cookie: flow.readBigUInt64BE(24),
    match: flow.subarray(SHORTEST_FLOW, end),
    instructions: flow.subarray(end + (-end & 7)),
  };
}
