import { describeIpv4, describeIpv6, type Packet } from "./describePacket";

const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd, provider: 0x88a8 } as const;
/** Below this, an EtherType is a length (IEEE 802.3). */
const LEAST_TYPE = 0x0600;
/** The most VLAN tags that are parsed; a frame with more is described by its type. */
const MOST_TAGS = 4;

/**
 * A frame on one line: addresses, protocol, ports, length. The line consists only of numbers and of this program's own
 * words, so a guest cannot control a terminal or a page with it. A truncated frame is described as far as possible.
 */
export function describeFrame(frame: Buffer): string {
  return `${describe(frame)}, ${frame.length} bytes`;
}

function describe(frame: Buffer): string {
  if (frame.length < 14) return "no whole Ethernet header";
  const tags: string[] = [];
  let at = 12;
  let type = frame.readUInt16BE(at);
  while ((type === ETHERTYPE.vlan || type === ETHERTYPE.provider) && tags.length < MOST_TAGS) {
    if (frame.length < at + 6) break;
    tags.push(`vlan ${frame.readUInt16BE(at + 2) & 0xfff} `);
    at += 4;
    type = frame.readUInt16BE(at);
  }
  const content = contentOf(type, frame.subarray(at + 2));
  return tags.join("") + (content ?? `${macAt(frame, 6)} > ${macAt(frame, 0)} ${typeName(type)}`);
}

function contentOf(type: number, content: Packet): string | undefined {
  if (type === ETHERTYPE.ipv4) return describeIpv4(content);
  if (type === ETHERTYPE.ipv6) return describeIpv6(content);
  return type === ETHERTYPE.arp ? describeArp(content) : undefined;
}

function typeName(type: number): string {
  if (type < LEAST_TYPE) return "802.3";
  return `type 0x${type.toString(16).padStart(4, "0")}`;
}

/** ARP requests and replies for IPv4 on Ethernet; undefined for others. */
function describeArp(packet: Packet): string | undefined {
  if (packet.length < 28 || packet.readUInt32BE(0) !== 0x0001_0800 || packet.readUInt16BE(4) !== 0x0604)
    return undefined;
  const [sender, target] = [14, 24].map((at) => packet.subarray(at, at + 4).join("."));
  const operation = packet.readUInt16BE(6);
  if (operation === 1) return `arp who has ${target}, tell ${sender}`;
  return operation === 2 ? `arp ${sender} is at ${macAt(packet, 8)}` : undefined;
}

function macAt(bytes: Packet, at: number): string {
  return [...bytes.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
