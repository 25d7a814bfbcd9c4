import { isIP, isIPv4 } from "node:net";
import { addressValue } from "../schema/filter/address";
import { KEYWORDS } from "./matchFields";

/** Open vSwitch's own number among experimenters, and that of the Open Networking Foundation. */
export const NICIRA = 0x2320;
const ONF = 0x4f4e_4600;
const OPENFLOW = 0x8000;
const EXPERIMENTER = 0xffff;

/** How a field stands in a message: class, number, bytes, and whose it is where it is an experimenter's. */
interface Field {
  oxmClass: number;
  number: number;
  bytes: number;
  experimenter?: number;
  /** Bits that there are, where these are fewer than those of the bytes. */
  bits?: number;
}

function field(oxmClass: number, number: number, bytes: number, more: Partial<Field> = {}): Field {
  return { oxmClass, number, bytes, ...more };
}

/**
 * Fields by their names in ovs-fields(7), which also has their numbers. In this order they are written: what a field
 * needs to mean anything stands before it.
 */
const FIELDS = {
  in_port: field(OPENFLOW, 0, 4),
  eth_dst: field(OPENFLOW, 3, 6),
  eth_src: field(OPENFLOW, 4, 6),
  vlan_vid: field(OPENFLOW, 6, 2),
  eth_type: field(OPENFLOW, 5, 2),
  ip_proto: field(OPENFLOW, 10, 1),
  nw_src: field(OPENFLOW, 11, 4),
  nw_dst: field(OPENFLOW, 12, 4),
  ipv6_src: field(OPENFLOW, 26, 16),
  ipv6_dst: field(OPENFLOW, 27, 16),
  ip_frag: field(1, 26, 1, { bits: 2 }),
  tcp_src: field(OPENFLOW, 13, 2),
  tcp_dst: field(OPENFLOW, 14, 2),
  udp_src: field(OPENFLOW, 15, 2),
  udp_dst: field(OPENFLOW, 16, 2),
  sctp_src: field(OPENFLOW, 17, 2),
  sctp_dst: field(OPENFLOW, 18, 2),
  tcp_flags: field(EXPERIMENTER, 42, 2, { experimenter: ONF }),
  tun_id: field(OPENFLOW, 38, 8),
  tun_src: field(1, 31, 4),
  tun_dst: field(1, 32, 4),
  tun_ipv6_src: field(1, 109, 16),
  tun_ipv6_dst: field(1, 110, 16),
  tun_erspan_dir: field(EXPERIMENTER, 13, 1, { experimenter: NICIRA }),
  reg0: field(1, 0, 4),
  reg1: field(1, 1, 4),
  reg2: field(1, 2, 4),
} as const satisfies Record<string, Field>;

type FieldName = keyof typeof FIELDS;
const ORDER = Object.keys(FIELDS) as FieldName[];

/** What a field must be. Without a mask: in all its bits. */
interface Value {
  value: bigint;
  mask?: bigint;
}

/** Bits of a VLAN field that say that there is a tag, and those that matter to a match (openflow-spec 1.4.0, section 7.2.3.8). */
const TAGGED = 0x1000n;
const VLAN_BITS = 0x1fffn;

/** `nw_frag`: 1 is any fragment, 2 besides one that is not the first (ovs-fields(7)). */
const FRAGMENTS: Record<string, Value> = {
  no: { value: 0n },
  yes: { value: 1n, mask: 1n },
  first: { value: 1n },
  later: { value: 3n },
  not_later: { value: 0n, mask: 2n },
};

const TCP_FLAGS = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns"];

function fail(what: string): never {
  throw new RangeError(`cannot be encoded: ${what}`);
}

function isField(name: string): name is FieldName {
  return Object.hasOwn(FIELDS, name);
}

function numberOf(text: string): bigint {
  return /^(0x[0-9a-f]{1,32}|\d{1,39})$/i.test(text) ? BigInt(text) : fail(text);
}

/** A field's value and mask as the text before and behind a slash. */
function readValue(text: string): Value {
  const [value, mask, ...rest] = text.split("/") as [string, string?, ...string[]];
  if (rest.length > 0) fail(text);
  if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value)) {
    return mask === undefined ? { value: BigInt(`0x${value.replaceAll(":", "")}`) } : fail(text);
  }
  if (isIP(value) === 0) {
    return { value: numberOf(value), ...(mask === undefined ? {} : { mask: numberOf(mask) }) };
  }
  if (mask === undefined) return { value: addressValue(value) };
  const [bits, length] = [isIPv4(value) ? 32n : 128n, numberOf(mask)];
  if (length > bits) fail(text);
  return { value: addressValue(value), mask: ((1n << bits) - 1n) & ~((1n << (bits - length)) - 1n) };
}

function flagsOf(text: string): Value {
  let [value, mask] = [0n, 0n];
  for (const word of text.match(/[+-][^+-]*/g) ?? fail(text)) {
    const place = TCP_FLAGS.indexOf(word.slice(1));
    if (place < 0) fail(text);
    mask |= 1n << BigInt(place);
    if (word.startsWith("+")) value |= 1n << BigInt(place);
  }
  return { value, mask };
}

const PORTS: Record<string, string> = { 6: "tcp", 17: "udp", 132: "sctp" };
const NAMES: Record<string, FieldName> = {
  dl_src: "eth_src",
  dl_dst: "eth_dst",
  dl_type: "eth_type",
  nw_proto: "ip_proto",
};

/** One assignment of a match as a field and its value. */
function read(name: string, text: string, protocol: string | undefined): [FieldName, Value] {
  if (name === "nw_frag") {
    return ["ip_frag", Object.hasOwn(FRAGMENTS, text) ? FRAGMENTS[text]! : fail(`nw_frag=${text}`)];
  }
  if (name === "tcp_flags") return ["tcp_flags", flagsOf(text)];
  if (name === "dl_vlan") {
    const vlan = numberOf(text);
    return ["vlan_vid", { value: vlan < TAGGED ? vlan | TAGGED : fail(`dl_vlan=${text}`) }];
  }
  if (name === "vlan_tci") {
    const { value, mask } = readValue(text);
    // Bits of the priority have a field of their own.
    if (mask === undefined || (mask & ~VLAN_BITS) !== 0n || mask === VLAN_BITS) fail(`vlan_tci=${text}`);
    return ["vlan_vid", { value, mask }];
  }
  const port = /^tp_(src|dst)$/.exec(name);
  const known = port === null ? (NAMES[name] ?? name) : `${PORTS[protocol ?? ""]}_${port[1]}`;
  return isField(known) ? [known, readValue(text)] : fail(name);
}

function bytesOf(value: bigint, bytes: number): Buffer {
  if (value < 0n || value >> BigInt(8 * bytes) !== 0n) fail(`${value} in ${bytes} bytes`);
  return Buffer.from(value.toString(16).padStart(2 * bytes, "0"), "hex");
}

/** A field with its value, as OXM has it: header, experimenter, value, mask. */
function encodeField(name: FieldName, { value, mask }: Value): Buffer {
  const { oxmClass, number, bytes, experimenter, bits }: Field = FIELDS[name];
  const all = (1n << BigInt(bits ?? 8 * bytes)) - 1n;
  if (value > all || (mask !== undefined && (value & ~mask) !== 0n)) fail(`${name}=${value}/${mask}`);
  const masked = mask !== undefined && mask !== all;
  const head = Buffer.alloc(experimenter === undefined ? 4 : 8);
  head.writeUInt16BE(oxmClass, 0);
  head.writeUInt8((number << 1) | Number(masked), 2);
  head.writeUInt8(head.length - 4 + bytes * (masked ? 2 : 1), 3);
  if (experimenter !== undefined) head.writeUInt32BE(experimenter, 4);
  return Buffer.concat([head, bytesOf(value, bytes), ...(masked ? [bytesOf(mask, bytes)] : [])]);
}

/** Encodes a match in ovs-ofctl's words, as far as this package writes them; throws a RangeError for others. */
export function encodeMatch(tokens: readonly string[]): Buffer {
  const said = new Map<string, string>();
  for (const token of tokens) {
    const equals = token.indexOf("=");
    const keyword = Object.hasOwn(KEYWORDS, token) ? KEYWORDS[token] : undefined;
    const parts =
      keyword === undefined
        ? [[token.slice(0, equals), token.slice(equals + 1)] as const]
        : Object.entries(keyword);
    if (keyword === undefined && equals < 1) fail(token);
    for (const [name, value] of parts) {
      if (said.has(name)) fail(`${name} twice`);
      said.set(name, value);
    }
  }
  const protocol = said.get("nw_proto");
  const fields = new Map<FieldName, Buffer>();
  for (const [name, text] of said) {
    const [known, value] = read(name, text, protocol);
    if (fields.has(known)) fail(`${known} twice`);
    if (value.mask !== 0n) fields.set(known, encodeField(known, value));
  }
  return Buffer.concat(ORDER.flatMap((name) => fields.get(name) ?? []));
}

/** A field and the value that it is set to. */
export function encodeAssignment(name: string, text: string): Buffer {
  const value = readValue(text);
  if (value.mask !== undefined || !isField(name)) fail(`${text}->${name}`);
  return encodeField(name, value);
}

/** The header by which an action names a whole field; only one of Open vSwitch's own registers. */
export function registerHeader(name: string): number {
  if (!/^reg[0-2]$/.test(name)) fail(name);
  const { oxmClass, number, bytes } = FIELDS[name as FieldName];
  return ((oxmClass << 16) | (number << 9) | bytes) >>> 0;
}

/** Cuts an encoded match into its fields. Throws a RangeError where it is none. */
export function matchFieldsOf(match: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at < match.length; ) {
    const end = at + 4 + (at + 4 <= match.length ? match.readUInt8(at + 3) : fail("a match"));
    if (end > match.length) fail("a match");
    fields.push(match.subarray(at, end));
    at = end;
  }
  return fields;
}
