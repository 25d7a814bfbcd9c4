import type { PortRange } from "../filter/portRange";

/**
 * The frames that one rule matches. A field without a value matches anything. All matches have the same fields in the
 * same order, because thousands are compared with each other.
 */
export interface Match {
  readonly etherType: number | undefined;
  readonly protocol: number | undefined;
  readonly source: Prefix | undefined;
  readonly destination: Prefix | undefined;
  readonly destinationPort: PortRange | undefined;
  readonly sourcePort: PortRange | undefined;
  readonly flags: Flags | undefined;
  readonly vlan: number | undefined;
  readonly sourceMac: string | undefined;
  readonly destinationMac: string | undefined;
}

export const IPV4 = 0x0800;
export const IPV6 = 0x86dd;
export const ARP = 0x0806;
/** Stands for an EtherType: IPv4 or IPv6. */
export const IP = -1;
/** Stands for a VLAN: untagged. */
export const UNTAGGED = -1;

/** Addresses of one family that share their first bits. */
export interface Prefix {
  readonly bits: 32 | 128;
  /** The address, with zeros after the length. */
  readonly value: bigint;
  readonly length: number;
  /** The first 32 bits of the address, which tell most prefixes apart. */
  readonly head: number;
}

/** TCP flags as bits: those in the mask must equal the value. */
export interface Flags {
  readonly mask: number;
  readonly value: number;
}

/** A match on the given fields. */
export function matchOf(fields: Partial<Match>): Match {
  return {
    etherType: fields.etherType,
    protocol: fields.protocol,
    source: fields.source,
    destination: fields.destination,
    destinationPort: fields.destinationPort,
    sourcePort: fields.sourcePort,
    flags: fields.flags,
    vlan: fields.vlan,
    sourceMac: fields.sourceMac,
    destinationMac: fields.destinationMac,
  };
}

/** The names of the fields, in the order in which matches are sorted. */
export const FIELDS = Object.keys(matchOf({})) as (keyof Match)[];

/** The prefix of an address. */
export function prefixOf(bits: 32 | 128, address: bigint, length: number): Prefix {
  const hostBits = BigInt(bits - length);
  const value = (address >> hostBits) << hostBits;
  return { bits, value, length, head: Number(value >> BigInt(bits - 32)) };
}

/** Whether `a` matches every frame that `b` matches. */
export function covers(a: Match, b: Match): boolean {
  return (
    (a.etherType === undefined || a.etherType === b.etherType || (a.etherType === IP && isIp(b.etherType))) &&
    (a.protocol === undefined || a.protocol === b.protocol) &&
    (a.vlan === undefined || a.vlan === b.vlan) &&
    (a.destinationPort === undefined || holdsPorts(a.destinationPort, b.destinationPort)) &&
    (a.sourcePort === undefined || holdsPorts(a.sourcePort, b.sourcePort)) &&
    (a.source === undefined || holdsAddresses(a.source, b.source)) &&
    (a.destination === undefined || holdsAddresses(a.destination, b.destination)) &&
    (a.flags === undefined || holdsFlags(a.flags, b.flags)) &&
    (a.sourceMac === undefined || a.sourceMac === b.sourceMac) &&
    (a.destinationMac === undefined || a.destinationMac === b.destinationMac)
  );
}

/** Whether two matches have a frame in common. */
export function overlap(a: Match, b: Match): boolean {
  return (
    areSame(a.etherType, b.etherType, IP) &&
    areSame(a.protocol, b.protocol) &&
    areSame(a.vlan, b.vlan) &&
    (a.destinationPort === undefined ||
      b.destinationPort === undefined ||
      meet(a.destinationPort, b.destinationPort)) &&
    (a.sourcePort === undefined || b.sourcePort === undefined || meet(a.sourcePort, b.sourcePort)) &&
    (a.source === undefined || b.source === undefined || nest(a.source, b.source)) &&
    (a.destination === undefined || b.destination === undefined || nest(a.destination, b.destination)) &&
    (a.flags === undefined || b.flags === undefined || agree(a.flags, b.flags)) &&
    areSame(a.sourceMac, b.sourceMac) &&
    areSame(a.destinationMac, b.destinationMac)
  );
}

/** The frames that two matches have in common; undefined where there are none. */
export function intersection(a: Match, b: Match): Match | undefined {
  if (!overlap(a, b)) return undefined;
  return matchOf({
    etherType: a.etherType === undefined || a.etherType === IP ? (b.etherType ?? a.etherType) : a.etherType,
    protocol: a.protocol ?? b.protocol,
    source: narrower(a.source, b.source),
    destination: narrower(a.destination, b.destination),
    destinationPort: commonPorts(a.destinationPort, b.destinationPort),
    sourcePort: commonPorts(a.sourcePort, b.sourcePort),
    flags: allFlags(a.flags, b.flags),
    vlan: a.vlan ?? b.vlan,
    sourceMac: a.sourceMac ?? b.sourceMac,
    destinationMac: a.destinationMac ?? b.destinationMac,
  });
}

function isIp(etherType: number | undefined): boolean {
  return etherType === IPV4 || etherType === IPV6;
}

/** `either`: the value that stands for both IP versions. */
function areSame<Value>(a: Value | undefined, b: Value | undefined, either?: number): boolean {
  if (a === undefined || b === undefined || a === b) return true;
  return either !== undefined && ((a === either && isIp(b as number)) || (b === either && isIp(a as number)));
}

function holdsPorts(a: PortRange, b: PortRange | undefined): boolean {
  return b !== undefined && a.first <= b.first && a.last >= b.last;
}

function meet(a: PortRange, b: PortRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

function commonPorts(a: PortRange | undefined, b: PortRange | undefined): PortRange | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { first: Math.max(a.first, b.first), last: Math.min(a.last, b.last) };
}

function holdsAddresses(a: Prefix, b: Prefix | undefined): boolean {
  if (b === undefined || a.bits !== b.bits || a.length > b.length) return false;
  if ((a.head ^ b.head) >>> (32 - Math.min(a.length, 32)) !== 0) return false;
  const hostBits = BigInt(a.bits - a.length);
  return a.length <= 32 || a.value >> hostBits === b.value >> hostBits;
}

function nest(a: Prefix, b: Prefix): boolean {
  return holdsAddresses(a, b) || holdsAddresses(b, a);
}

function narrower(a: Prefix | undefined, b: Prefix | undefined): Prefix | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.length > b.length ? a : b;
}

function holdsFlags(a: Flags, b: Flags | undefined): boolean {
  return b !== undefined && (a.mask & ~b.mask) === 0 && agree(a, b);
}

function agree(a: Flags, b: Flags): boolean {
  return ((a.value ^ b.value) & a.mask & b.mask) === 0;
}

function allFlags(a: Flags | undefined, b: Flags | undefined): Flags | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { mask: a.mask | b.mask, value: a.value | b.value };
}
