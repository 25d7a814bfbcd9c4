import fc from "fast-check";
import { ETHER_TYPES, IPV4, IPV6, MACS, PORTS, PROTOCOLS, VLANS } from "./pools";

/** Bytes that say which IP protocol they are. */
interface Payload {
  protocol: number;
  bytes: Buffer;
}

const u16 = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const port = fc.oneof(fc.constantFrom(...PORTS), fc.nat(65535));
const tail = fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes));

const tcp = fc
  .record({ from: port, to: port, flags: fc.nat(0x1ff), offset: fc.constantFrom(5, 5, 5, 6, 0, 15), tail })
  .map(({ from, to, flags, offset, tail: rest }) => {
    const header = Buffer.concat([
      u16(from),
      u16(to),
      Buffer.alloc(8),
      u16((offset << 12) | flags),
      Buffer.alloc(6),
    ]);
    return { protocol: 6, bytes: Buffer.concat([header, rest]) };
  });
const withPorts = (protocol: number, length: number) =>
  fc.record({ from: port, to: port, tail }).map(({ from, to, tail: rest }) => ({
    protocol,
    bytes: Buffer.concat([u16(from), u16(to), Buffer.alloc(length - 4), rest]),
  }));
const other = fc
  .record({ protocol: fc.constantFrom(...PROTOCOLS), bytes: fc.uint8Array({ maxLength: 24 }) })
  .map(({ protocol, bytes }) => ({ protocol, bytes: Buffer.from(bytes) }));
const whole: fc.Arbitrary<Payload> = fc.oneof(
  { arbitrary: tcp, weight: 4 },
  { arbitrary: withPorts(17, 8), weight: 2 },
  { arbitrary: withPorts(132, 12), weight: 1 },
  { arbitrary: other, weight: 2 },
);
/** Most of them whole, some cut short. */
const payload = fc
  .tuple(whole, fc.oneof({ arbitrary: fc.constant(1000), weight: 7 }, fc.nat(20)))
  .map(([{ protocol, bytes }, length]) => ({ protocol, bytes: bytes.subarray(0, length) }));

/** A length field: mostly true. */
const lie = fc.oneof({ arbitrary: fc.constant(0), weight: 14 }, fc.integer({ min: -45, max: 12 }));
const ipv4Bytes = (text: string) => Buffer.from(text.split(".").map(Number));
const ipv6Bytes = (groups: readonly number[]) => Buffer.concat(groups.map(u16));

/** An IPv4 packet: options, fragments, wrong lengths. */
const ipv4 = fc
  .record({
    payload,
    options: fc.constantFrom(0, 0, 0, 4, 8, 40),
    headerLie: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 1, 5),
    lie,
    place: fc.constantFrom(0, 0, 0x4000, 0x4000, 0x2000, 0x2000, 0x2001, 1, 185, 0x1fff, 0x8000),
    source: fc.constantFrom(...IPV4),
    destination: fc.constantFrom(...IPV4),
  })
  .map(({ payload: inner, options, headerLie, lie: wrong, place, source, destination }) => {
    const words = Math.min(15, 5 + options / 4 + headerLie);
    const length = Math.max(0, 20 + options + inner.bytes.length + wrong);
    const start = [
      Buffer.from([0x40 | words, 0]),
      u16(length),
      u16(7),
      u16(place),
      Buffer.from([64, inner.protocol, 0, 0]),
    ];
    const addresses = [ipv4Bytes(source), ipv4Bytes(destination)];
    return {
      etherType: 0x0800,
      bytes: Buffer.concat([...start, ...addresses, Buffer.alloc(options, 1), inner.bytes]),
    };
  });

interface Extension {
  header: number;
  units: number;
  /** Offset and flags of a fragment header. */
  place?: number;
}

const extension: fc.Arbitrary<Extension> = fc.oneof(
  fc.record({ header: fc.constantFrom(0, 43, 60), units: fc.constantFrom(0, 0, 0, 1, 2, 9) }),
  fc.record({ header: fc.constant(51), units: fc.constantFrom(0, 1, 4, 4, 9) }),
  fc.record({
    header: fc.constant(44),
    units: fc.constant(0),
    place: fc.constantFrom(0, 1, 2, 8, 9, 0xfff8),
  }),
);

function extensionBytes(header: number, next: number, units: number, place: number): Buffer {
  if (header === 44) return Buffer.concat([Buffer.from([next, 0]), u16(place), Buffer.alloc(4)]);
  const length = header === 51 ? (units + 2) * 4 : (units + 1) * 8;
  return Buffer.concat([Buffer.from([next, units]), Buffer.alloc(length - 2)]);
}

/** An IPv6 packet: extension headers in any order, fragments, wrong lengths. */
const ipv6 = fc
  .record({
    payload,
    chain: fc.oneof(
      { arbitrary: fc.constant<Extension[]>([]), weight: 2 },
      { arbitrary: fc.array(extension, { maxLength: 4 }), weight: 3 },
    ),
    lie,
    source: fc.constantFrom(...IPV6),
    destination: fc.constantFrom(...IPV6),
  })
  .map(({ payload: inner, chain, lie: wrong, source, destination }) => {
    const rest = chain.reduceRight<Payload>(({ protocol, bytes }, link) => {
      return {
        protocol: link.header,
        bytes: Buffer.concat([extensionBytes(link.header, protocol, link.units, link.place ?? 0), bytes]),
      };
    }, inner);
    const length = Math.max(0, rest.bytes.length + wrong);
    const start = [Buffer.from([0x60, 0, 0, 0]), u16(length), Buffer.from([rest.protocol, 64])];
    return {
      etherType: 0x86dd,
      bytes: Buffer.concat([...start, ipv6Bytes(source), ipv6Bytes(destination), rest.bytes]),
    };
  });

/** ARP, mostly about Ethernet. */
const arp = fc
  .record({
    hardware: fc.constantFrom(1, 1, 1, 1, 6),
    source: fc.constantFrom(...IPV4),
    target: fc.constantFrom(...IPV4),
  })
  .map(({ hardware, source, target }) => {
    const start = Buffer.from([0, hardware, 8, 0, 6, 4, 0, 1]);
    return {
      etherType: 0x0806,
      bytes: Buffer.concat([start, Buffer.alloc(6), ipv4Bytes(source), Buffer.alloc(6), ipv4Bytes(target)]),
    };
  });
const plain = fc
  .record({ etherType: fc.constantFrom(...ETHER_TYPES), bytes: fc.uint8Array({ maxLength: 30 }) })
  .map(({ etherType, bytes }) => ({ etherType, bytes: Buffer.from(bytes) }));

/** What a frame carries; sometimes behind a length and SNAP, sometimes behind LLC alone. */
const carried = fc
  .tuple(
    fc.oneof(
      { arbitrary: ipv4, weight: 6 },
      { arbitrary: ipv6, weight: 6 },
      { arbitrary: arp, weight: 2 },
      { arbitrary: plain, weight: 1 },
    ),
    fc.constantFrom(...Array<"own">(16).fill("own"), "snap", "llc", "foreignSnap"),
  )
  .map(([{ etherType, bytes }, form]) => {
    if (form === "own") return Buffer.concat([u16(etherType), bytes]);
    if (form === "llc") return Buffer.concat([u16(3 + bytes.length), Buffer.from([0x42, 0x42, 3]), bytes]);
    const snap = Buffer.from([0xaa, 0xaa, 3, 0, 0, form === "snap" ? 0 : 1]);
    return Buffer.concat([u16(8 + bytes.length), snap, u16(etherType), bytes]);
  });

const tag = fc
  .record({
    type: fc.constantFrom(0x8100, 0x8100, 0x88a8),
    priority: fc.nat(7),
    vlan: fc.constantFrom(...VLANS),
  })
  .map(({ type, priority, vlan }) => Buffer.concat([u16(type), u16((priority << 13) | vlan)]));

/** How many tags of its own a frame has at most. */
export function arbitraryFrame(maxTags: 0 | 2): fc.Arbitrary<Buffer> {
  return fc
    .record({
      destination: fc.constantFrom(...MACS),
      source: fc.constantFrom(...MACS),
      tags:
        maxTags === 0 ? fc.constant([]) : fc.oneof(fc.constant([]), fc.array(tag, { maxLength: maxTags })),
      carried,
      padding: fc.oneof({ arbitrary: fc.constant(0), weight: 5 }, fc.nat(20)),
      length: fc.oneof({ arbitrary: fc.constant(2000), weight: 9 }, fc.integer({ min: 14, max: 90 })),
    })
    .map(({ destination, source, tags, carried: bytes, padding, length }) => {
      const macs = [destination, source].map((mac) => Buffer.from(mac.replaceAll(":", ""), "hex"));
      return Buffer.concat([...macs, ...tags, bytes, Buffer.alloc(padding, 0xa5)]).subarray(0, length);
    });
}
