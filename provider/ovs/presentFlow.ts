import { isLeaseCookie } from "../model/identity";
import type { WireFlow } from "./encodeRule";
import { MATCH_HEAD } from "./oxm";

/** Bytes of a flow's statistics in front of its match (struct ofp_flow_stats), and those of the shortest. */
export const FLOW_HEAD = 48;
export const SHORTEST_FLOW = FLOW_HEAD + MATCH_HEAD;

/** A rule that a bridge has. */
export interface PresentFlow extends WireFlow {
  /** Milliseconds that it has been there. */
  age: number;
  /** It has an idle timeout, an importance or flags, as none of ours has. */
  special: boolean;
  /** It is leased: its holder's affair, and no other writer's. */
  leased: boolean;
}

/** Whether a flow of an answer to `requestFlows` is a leased one: it has the cookie of one, and an end. */
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
    cookie: flow.readBigUInt64BE(24),
    match: flow.subarray(SHORTEST_FLOW, end),
    instructions: flow.subarray(end + (-end & 7)),
  };
}
