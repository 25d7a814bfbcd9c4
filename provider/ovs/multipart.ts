import { METER_HEAD } from "./meterConfig";
import { encodeMatchField } from "./oxm";
import { SHORTEST_FLOW } from "./presentFlow";

const ANY = 0xffff_ffff;
const ALL_TABLES = 0xff;
/** Types of requests whose answers have several parts (enum ofp_multipart_type). */
const FLOW_STATISTICS = 1;
const METER_CONFIG = 10;
const MORE = 1;
/** All bits of a cookie. */
export const EXACT = 0xffff_ffff_ffff_ffffn;

/** Bits of a cookie, and the values they must have. */
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
  return Buffer.concat([body, encodeMatchField(Buffer.alloc(0))]);
}

/** The body of a request for all meters of a bridge (struct ofp_meter_multipart_request). */
export function requestMeters(): Buffer {
  const body = Buffer.alloc(8 + 8);
  body.writeUInt16BE(METER_CONFIG, 0);
  body.writeUInt32BE(ANY, 8);
  return body;
}

/** One part of an answer to `requestFlows` or `requestMeters`: its flows or meters, and whether more parts follow. */
export function readParts(body: Buffer): { parts: Buffer[]; more: boolean } {
  const kind = body.readUInt16BE(0);
  const least = kind === METER_CONFIG ? METER_HEAD : SHORTEST_FLOW;
  const parts: Buffer[] = [];
  for (let at = 8; at < body.length; ) {
    const length = body.readUInt16BE(at);
    if (length < least || at + length > body.length) throw new RangeError(`an answer of ${length} bytes`);
    parts.push(body.subarray(at, at + length));
    at += length;
  }
  return { parts, more: (body.readUInt16BE(2) & MORE) !== 0 };
}
