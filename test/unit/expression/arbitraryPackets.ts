import fc from "fast-check";
import { IPV4, IPV6, MACS, PORTS, VLANS } from "../filter/pools";

/**
 * Random frames of which libpcap and Open vSwitch see the same: whole, with one tag at most, without IPv6 extension headers.
 * IPv4 fragments are among them.
 */

const u16 = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const port = fc.oneof(fc.constantFrom(...PORTS), fc.nat(65535));
/** Enough for any header that either looks at. */
const REST = Buffer.alloc(60, 0x5a);

const segment = fc
  .record({
    protocol: fc.constantFrom(6, 6, 6, 17, 17, 132),
    ports: fc.tuple(port, port),
    flags: fc.nat(0xff),
  })
  .map(({ protocol, ports, flags }) => {
    const bytes = Buffer.concat([...ports.map(u16), Buffer.alloc(16)]);
    if (protocol === 6) bytes.writeUInt16BE((5 << 12) | flags, 12);
    return { protocol, bytes: Buffer.concat([bytes, REST]) };
  });
const other = (...protocols: number[]) =>
  fc.constantFrom(...protocols).map((protocol) => ({ protocol, bytes: REST }));

const ipv4 = fc
  .record({
    payload: fc.oneof({ arbitrary: segment, weight: 3 }, other(1, 2, 47, 50, 58, 89)),
    options: fc.constantFrom(0, 0, 4, 40),
    place: fc.constantFrom(0, 0, 0x4000, 0x4000, 0x2000, 0x2001, 185),
    source: fc.constantFrom(...IPV4),
    destination: fc.constantFrom(...IPV4),
  })
  .map(({ payload, options, place, source, destination }) => {
    const length = 20 + options + payload.bytes.length;
    const start = [Buffer.from([0x45 + options / 4, 0]), u16(length), u16(7), u16(place)];
    const addresses = [source, destination].map((text) => Buffer.from(text.split(".").map(Number)));
    const header = [
      ...start,
      Buffer.from([64, payload.protocol, 0, 0]),
      ...addresses,
      Buffer.alloc(options, 1),
    ];
    return Buffer.concat([u16(0x0800), ...header, payload.bytes]);
  });

const ipv6 = fc
  .record({
    payload: fc.oneof({ arbitrary: segment, weight: 3 }, other(1, 50, 58, 59)),
    source: fc.constantFrom(...IPV6),
    destination: fc.constantFrom(...IPV6),
  })
  .map(({ payload, source, destination }) => {
    const start = [
      Buffer.from([0x60, 0, 0, 0]),
      u16(payload.bytes.length),
      Buffer.from([payload.protocol, 64]),
    ];
    const addresses = [source, destination].map((groups) => Buffer.concat(groups.map(u16)));
    return Buffer.concat([u16(0x86dd), ...start, ...addresses, payload.bytes]);
  });

const arp = fc.tuple(fc.constantFrom(...IPV4), fc.constantFrom(...IPV4)).map((addresses) => {
  const [sender, target] = addresses.map((text) =>
    Buffer.from([2, 0, 0, 0, 0, 1, ...text.split(".").map(Number)]),
  );
  return Buffer.concat([
    u16(0x0806),
    Buffer.from([0, 1, 8, 0, 6, 4, 0, 1]),
    sender!,
    target!,
    Buffer.alloc(18),
  ]);
});
const plain = fc.constantFrom(0x88cc, 0x88b5, 0x8847).map((type) => Buffer.concat([u16(type), REST]));

const carried = fc.oneof(
  { arbitrary: ipv4, weight: 6 },
  { arbitrary: ipv6, weight: 4 },
  { arbitrary: arp, weight: 2 },
  { arbitrary: plain, weight: 1 },
);
const tag = fc
  .tuple(fc.constantFrom(0x8100, 0x8100, 0x88a8), fc.nat(7), fc.constantFrom(...VLANS))
  .map(([type, priority, vlan]) => Buffer.concat([u16(type), u16((priority << 13) | vlan)]));

/** A frame. */
export const arbitraryPacket: fc.Arbitrary<Buffer> = fc
  .record({
    macs: fc.tuple(fc.constantFrom(...MACS), fc.constantFrom(...MACS)),
    tags: fc.oneof({ arbitrary: fc.constant([]), weight: 2 }, fc.array(tag, { minLength: 1, maxLength: 1 })),
    carried,
  })
  .map(({ macs, tags, carried: bytes }) => {
    const addresses = macs.map((mac) => Buffer.from(mac.replaceAll(":", ""), "hex"));
    return Buffer.concat([...addresses, ...tags, bytes]);
  });
