/** One IEEE 802.1Q tag. */
export interface VlanTag {
  vlan: number;
  /** 0 to 7. Default 0. */
  priority?: number;
  /** Tag protocol. Default 0x8100; 0x88a8 is a service tag. */
  tpid?: number;
}

/** The Ethernet header of a frame. */
export interface EthernetHeader {
  source: string;
  destination: string;
  /** Outermost first; a number is short for a tag with that VLAN. */
  tags?: readonly (number | VlanTag)[];
}

/** Source and destination address of a packet. */
export interface IpHeader {
  sourceIp: string;
  destinationIp: string;
  /** Time to live or hop limit. Default 64. */
  ttl?: number;
  /** Type of service or traffic class. Default 0. */
  tos?: number;
  /** IPv4 identification. Default 0. */
  id?: number;
  /** IPv4 flags and fragment offset, the 16 bits as they stand. Default 0x4000: don't fragment. */
  fragment?: number;
}

/** Ports of a UDP, TCP or SCTP packet, and what it carries. */
export interface Segment {
  sourcePort: number;
  destinationPort: number;
  payload?: Buffer;
}

/** TCP's flag bits. */
export const TCP_FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const;

/** The broadcast address. */
export const BROADCAST = "ff:ff:ff:ff:ff:ff";

const IPV4 = 0x0800;
const ARP = 0x0806;
const IPV6 = 0x86dd;

/** An Ethernet frame. Not padded: a virtual wire carries short frames. */
export function ethernet(header: EthernetHeader, etherType: number, payload: Buffer): Buffer {
  const tags = (header.tags ?? []).map((tag) => {
    const { vlan, priority = 0, tpid = 0x8100 } = typeof tag === "number" ? { vlan: tag } : tag;
    return Buffer.concat([u16(tpid), u16((priority << 13) | vlan)]);
  });
  return Buffer.concat([mac(header.destination), mac(header.source), ...tags, u16(etherType), payload]);
}

/** An ARP request (1) or reply (2). */
export function arp(
  header: EthernetHeader,
  body: { operation: 1 | 2; senderMac: string; senderIp: string; targetMac?: string; targetIp: string },
): Buffer {
  const { operation, senderMac, senderIp, targetMac = "00:00:00:00:00:00", targetIp } = body;
  const fixed = Buffer.from([0, 1, 8, 0, 6, 4, 0, operation]);
  const packet = Buffer.concat([
    fixed,
    mac(senderMac),
    ipv4Bytes(senderIp),
    mac(targetMac),
    ipv4Bytes(targetIp),
  ]);
  return ethernet(header, ARP, packet);
}

/** An IPv4 frame with the given protocol number and payload. */
function ipv4(header: EthernetHeader & IpHeader, protocol: number, payload: Buffer): Buffer {
  return ethernet(header, IPV4, ipv4Packet(header, protocol, payload));
}

/** An IPv6 frame with the given next header and payload. Addresses are written out in full or with one `::`. */
function ipv6(header: EthernetHeader & IpHeader, nextHeader: number, payload: Buffer): Buffer {
  const fixed = Buffer.alloc(8);
  fixed.writeUInt32BE((6 * 2 ** 28 + (header.tos ?? 0) * 2 ** 20) >>> 0, 0);
  fixed.writeUInt16BE(payload.length, 4);
  fixed.writeUInt8(nextHeader, 6);
  fixed.writeUInt8(header.ttl ?? 64, 7);
  const packet = [fixed, ipv6Bytes(header.sourceIp), ipv6Bytes(header.destinationIp), payload];
  return ethernet(header, IPV6, Buffer.concat(packet));
}

/** A UDP datagram in IPv4 or IPv6, as the addresses are. */
export function udp(header: EthernetHeader & IpHeader & Segment): Buffer {
  const payload = header.payload ?? Buffer.alloc(0);
  const ports = [u16(header.sourcePort), u16(header.destinationPort)];
  const datagram = Buffer.concat([...ports, u16(8 + payload.length), u16(0), payload]);
  return ip(header, 17, withChecksum(header, 17, datagram, 6));
}

/** A TCP segment without options. Default flags: ACK. */
export function tcp(
  header: EthernetHeader &
    IpHeader &
    Segment & { flags?: number; sequence?: number; acknowledgment?: number },
): Buffer {
  const fixed = Buffer.alloc(20);
  fixed.writeUInt16BE(header.sourcePort, 0);
  fixed.writeUInt16BE(header.destinationPort, 2);
  fixed.writeUInt32BE(header.sequence ?? 1, 4);
  fixed.writeUInt32BE(header.acknowledgment ?? 0, 8);
  fixed.writeUInt8(5 << 4, 12);
  fixed.writeUInt8(header.flags ?? TCP_FLAGS.ack, 13);
  fixed.writeUInt16BE(64_240, 14);
  const segment = Buffer.concat([fixed, header.payload ?? Buffer.alloc(0)]);
  return ip(header, 6, withChecksum(header, 6, segment, 16));
}

/** An ICMP echo request (type 8) or reply (type 0). */
export function icmp(
  header: EthernetHeader &
    IpHeader & { type: 0 | 8; identifier?: number; sequence?: number; payload?: Buffer },
): Buffer {
  const { type, identifier = 1, sequence = 1, payload = Buffer.alloc(0) } = header;
  const message = Buffer.concat([Buffer.from([type, 0, 0, 0]), u16(identifier), u16(sequence), payload]);
  message.writeUInt16BE(checksum(message), 2);
  return ipv4(header, 1, message);
}

/** A router's offer to all, by its link-local address, to be their default router and to take addresses in 2001:db8:77::/64. */
export function routerAdvertisement(source: string): Buffer {
  const addresses = { sourceIp: "fe80::77", destinationIp: "ff02::1" };
  const header = { source, destination: "33:33:00:00:00:01", ...addresses, ttl: 255 };
  const hour = Buffer.from([0, 0, 0x0e, 0x10]);
  const router = [Buffer.from([134, 0, 0, 0, 64, 0, 0x0e, 0x10]), Buffer.alloc(8)];
  const prefix = [Buffer.from([3, 4, 64, 0xc0]), hour, hour, Buffer.alloc(4), ipv6Bytes("2001:db8:77::")];
  return ipv6(header, 58, withChecksum(header, 58, Buffer.concat([...router, ...prefix]), 2));
}

/** A router's question who wants which multicast frames (IGMPv2), to be answered within a tenth of a second. */
export function igmpQuery(header: EthernetHeader & IpHeader): Buffer {
  const message = Buffer.from([0x11, 1, 0, 0, 0, 0, 0, 0]);
  message.writeUInt16BE(checksum(message), 2);
  return ipv4({ ttl: 1, ...header }, 2, message);
}

/** An IPv4 packet without a frame around it. */
function ipv4Packet(header: IpHeader, protocol: number, payload: Buffer): Buffer {
  const fixed = Buffer.alloc(20);
  fixed.writeUInt8(0x45, 0);
  fixed.writeUInt8(header.tos ?? 0, 1);
  fixed.writeUInt16BE(20 + payload.length, 2);
  fixed.writeUInt16BE(header.id ?? 0, 4);
  fixed.writeUInt16BE(header.fragment ?? 0x4000, 6);
  fixed.writeUInt8(header.ttl ?? 64, 8);
  fixed.writeUInt8(protocol, 9);
  ipv4Bytes(header.sourceIp).copy(fixed, 12);
  ipv4Bytes(header.destinationIp).copy(fixed, 16);
  fixed.writeUInt16BE(checksum(fixed), 10);
  return Buffer.concat([fixed, payload]);
}

/** Frames as sorted hexadecimal text. The userspace datapath may reorder frames of different flows within a burst, so compare these. */
export function sortedHex(frames: readonly Buffer[]): string[] {
  return frames.map((frame) => frame.toString("hex")).sort();
}

/** Whether an untagged frame is IPv4 UDP to that port, such as a tunnel's on the underlay. */
export function isUdpTo(frame: Buffer, port: number): boolean {
  if (frame.length < 42 || frame.readUInt16BE(12) !== IPV4 || frame.readUInt8(23) !== 17) return false;
  return frame.readUInt16BE(14 + (frame.readUInt8(14) & 15) * 4 + 2) === port;
}

/** The internet checksum (RFC 1071) of the bytes. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function ip(header: EthernetHeader & IpHeader, protocol: number, payload: Buffer): Buffer {
  return header.sourceIp.includes(":") ? ipv6(header, protocol, payload) : ipv4(header, protocol, payload);
}

function withChecksum(header: IpHeader, protocol: number, segment: Buffer, at: number): Buffer {
  const bytes = header.sourceIp.includes(":") ? ipv6Bytes : ipv4Bytes;
  const pseudo = [
    bytes(header.sourceIp),
    bytes(header.destinationIp),
    u16(0),
    u16(protocol),
    u16(segment.length),
  ];
  // A computed zero is sent as all ones: zero means "no checksum" in UDP (RFC 768).
  segment.writeUInt16BE(checksum(Buffer.concat([...pseudo, segment])) || 0xffff, at);
  return segment;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function mac(address: string): Buffer {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(address)) throw new Error(`not a MAC address: ${address}`);
  return Buffer.from(address.replaceAll(":", ""), "hex");
}

function ipv4Bytes(address: string): Buffer {
  if (!/^\d+(\.\d+){3}$/.test(address)) throw new Error(`not an IPv4 address: ${address}`);
  return Buffer.from(address.split(".").map(Number));
}

function ipv6Bytes(address: string): Buffer {
  const [head = "", tail] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const gap = tail === undefined ? [] : Array(8 - groups(head).length - groups(tail).length).fill("0");
  const all = [...groups(head), ...gap, ...groups(tail ?? "")];
  if (all.length !== 8) throw new Error(`not an IPv6 address: ${address}`);
  return Buffer.concat(all.map((group) => u16(Number.parseInt(group, 16))));
}
