import type { Field, FieldMatch } from "../model/match";
import { numbers, padded } from "./bytes";

/** The experimenter ids of Open vSwitch and of the Open Networking Foundation. */
export const NICIRA = 0x2320;
const ONF = 0x4f4e_4600;
const OPENFLOW = 0x8000;
const EXPERIMENTER = 0xffff;

/** Bytes before a match's fields: its type and its length (struct ofp_match). */
export const MATCH_HEAD = 4;
const OXM_MATCH = 1;

/** The encoding of a field: class, number, bytes, and the experimenter, if it is an experimenter's. */
interface Layout {
  oxmClass: number;
  number: number;
  bytes: number;
  experimenter?: number;
  /** The number of bits, if it is smaller than that of the bytes. */
  bits?: number;
}

function layout(oxmClass: number, number: number, bytes: number, more: Partial<Layout> = {}): Layout {
  return { oxmClass, number, bytes, ...more };
}

/**
 * Fields by their names in ovs-fields(7), which also lists their numbers. They are written in this order: the
 * prerequisites of a field precede it.
 */
const FIELDS: Record<Field, Layout> = {
  in_port: layout(OPENFLOW, 0, 4),
  eth_dst: layout(OPENFLOW, 3, 6),
  eth_src: layout(OPENFLOW, 4, 6),
  vlan_vid: layout(OPENFLOW, 6, 2, { bits: 13 }),
  eth_type: layout(OPENFLOW, 5, 2),
  ip_proto: layout(OPENFLOW, 10, 1),
  nw_src: layout(OPENFLOW, 11, 4),
  nw_dst: layout(OPENFLOW, 12, 4),
  arp_spa: layout(OPENFLOW, 22, 4),
  arp_tpa: layout(OPENFLOW, 23, 4),
  ipv6_src: layout(OPENFLOW, 26, 16),
  ipv6_dst: layout(OPENFLOW, 27, 16),
  ip_frag: layout(1, 26, 1, { bits: 2 }),
  tcp_src: layout(OPENFLOW, 13, 2),
  tcp_dst: layout(OPENFLOW, 14, 2),
  udp_src: layout(OPENFLOW, 15, 2),
  udp_dst: layout(OPENFLOW, 16, 2),
  sctp_src: layout(OPENFLOW, 17, 2),
  sctp_dst: layout(OPENFLOW, 18, 2),
  tcp_flags: layout(EXPERIMENTER, 42, 2, { experimenter: ONF }),
  tun_id: layout(OPENFLOW, 38, 8),
  tun_src: layout(1, 31, 4),
  tun_dst: layout(1, 32, 4),
  tun_ipv6_src: layout(1, 109, 16),
  tun_ipv6_dst: layout(1, 110, 16),
  tun_erspan_dir: layout(EXPERIMENTER, 13, 1, { experimenter: NICIRA }),
  reg0: layout(1, 0, 4),
  reg1: layout(1, 1, 4),
  reg2: layout(1, 2, 4),
  reg3: layout(1, 3, 4),
};

const ORDER = new Map(Object.keys(FIELDS).map((name, index) => [name, index]));

function bytesOf(value: bigint, bytes: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * bytes, "0"), "hex");
}

/** A field with its value in OXM: header, experimenter, value, mask. Throws a RangeError if the value does not fit. */
export function encodeField({ field, value, mask }: FieldMatch): Buffer {
  const { oxmClass, number, bytes, experimenter, bits } = FIELDS[field];
  const all = (1n << BigInt(bits ?? 8 * bytes)) - 1n;
  if ((value & ~(mask ?? all)) !== 0n || ((mask ?? 0n) & ~all) !== 0n)
    throw new RangeError(`cannot be encoded: ${field}=${value}/${mask}`);
  const masked = mask !== undefined && mask !== all;
  const head = Buffer.alloc(experimenter === undefined ? 4 : 8);
  head.writeUInt16BE(oxmClass, 0);
  head.writeUInt8((number << 1) | Number(masked), 2);
  head.writeUInt8(head.length - 4 + bytes * (masked ? 2 : 1), 3);
  if (experimenter !== undefined) head.writeUInt32BE(experimenter, 4);
  return Buffer.concat([head, bytesOf(value, bytes), ...(masked ? [bytesOf(mask, bytes)] : [])]);
}

/** The fields of a match as bytes, except those whose mask is empty. */
export function encodeMatch(match: readonly FieldMatch[]): Buffer {
  const fields = match
    .filter(({ mask }) => mask !== 0n)
    .sort((a, b) => ORDER.get(a.field)! - ORDER.get(b.field)!);
  return Buffer.concat(fields.map(encodeField));
}

/** A match's fields as in a message (struct ofp_match). */
export function encodeMatchField(fields: Buffer): Buffer {
  return padded(numbers([2, OXM_MATCH], [2, MATCH_HEAD + fields.length]), fields);
}

/** The header by which an action refers to a whole field of Open vSwitch's own. */
export function fieldHeader(field: Field): number {
  const { oxmClass, number, bytes } = FIELDS[field];
  return ((oxmClass << 16) | (number << 9) | bytes) >>> 0;
}

/** Splits an encoded match into its fields. Throws a RangeError if it is not a match. */
export function matchFieldsOf(match: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at < match.length; ) {
    const end = at + 4 + (at + 4 <= match.length ? match.readUInt8(at + 3) : 0);
    if (at + 4 > match.length || end > match.length) throw new RangeError("not a match");
    fields.push(match.subarray(at, end));
    at = end;
  }
  return fields;
}
