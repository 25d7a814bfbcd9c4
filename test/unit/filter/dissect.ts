/** What of a frame a filter can ask for. */
export interface Dissected {
  destinationMac: string;
  sourceMac: string;
  /** VLAN of the outermost tag; undefined: untagged. */
  vlan: number | undefined;
  /** Behind the outermost tag. */
  etherType: number;
  packet?: Packet;
  /** IPv4 addresses of an ARP packet. */
  arp?: { source: bigint; destination: bigint };
}

/** An IP packet. */
export interface Packet {
  version: "ipv4" | "ipv6";
  source: bigint;
  destination: bigint;
  protocol: number;
  fragment: "none" | "first" | "later";
  sourcePort: number;
  destinationPort: number;
  tcpFlags: number;
}

const TAGS = [0x8100, 0x88a8];
const NO_ETHER_TYPE = 0x05ff;
const SNAP = Buffer.from([0xaa, 0xaa, 3, 0, 0, 0]);
const TCP = 6;
/** Least bytes of the header that has ports, by protocol. */
const PORT_HEADERS = new Map([
  [TCP, 20],
  [17, 8],
  [132, 12],
]);
const AUTHENTICATION = 51;
const FRAGMENT = 44;
/** Hop-by-hop, routing, destination options, authentication, fragment. */
const EXTENSIONS = [0, 43, 60, AUTHENTICATION, FRAGMENT];

/** Takes a frame apart by what the filter's documentation says of each field. */
export function dissect(frame: Buffer): Dissected {
  const macs = { destinationMac: macOf(frame.subarray(0, 6)), sourceMac: macOf(frame.subarray(6, 12)) };
  const isTagged = TAGS.includes(frame.readUInt16BE(12)) && frame.length >= 18;
  const vlan = isTagged ? frame.readUInt16BE(14) & 0xfff : undefined;
  const { etherType, payload } = etherTypeOf(frame.subarray(isTagged ? 16 : 12));
  const frameFields = { ...macs, vlan, etherType };
  if (etherType === 0x0800) return { ...frameFields, packet: ipv4(payload) };
  if (etherType === 0x86dd) return { ...frameFields, packet: ipv6(payload) };
  if (etherType === 0x0806) return { ...frameFields, arp: arp(payload) };
  return frameFields;
}

function macOf(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function etherTypeOf(bytes: Buffer): { etherType: number; payload: Buffer } {
  const own = bytes.readUInt16BE(0);
  if (own >= 0x0600) return { etherType: own, payload: bytes.subarray(2) };
  const isSnap = bytes.length >= 10 && bytes.subarray(2, 8).equals(SNAP);
  const inner = isSnap ? bytes.readUInt16BE(8) : 0;
  return { etherType: inner >= 0x0600 ? inner : NO_ETHER_TYPE, payload: bytes.subarray(10) };
}

function broken(version: "ipv4" | "ipv6"): Packet {
  const zeros = { source: 0n, destination: 0n, protocol: 0, sourcePort: 0, destinationPort: 0, tcpFlags: 0 };
  return { version, fragment: "none", ...zeros };
}

function arp(bytes: Buffer): Dissected["arp"] {
  const isOfIpv4 = bytes.length >= 28 && bytes.subarray(0, 6).equals(Buffer.from([0, 1, 8, 0, 6, 4]));
  if (!isOfIpv4) return { source: 0n, destination: 0n };
  return { source: number(bytes.subarray(14, 18)), destination: number(bytes.subarray(24, 28)) };
}

function ipv4(bytes: Buffer): Packet {
  if (bytes.length < 20) return broken("ipv4");
  const headerLength = (bytes[0]! & 15) * 4;
  const totalLength = bytes.readUInt16BE(2);
  if (headerLength < 20 || totalLength < headerLength || totalLength > bytes.length) return broken("ipv4");
  const offset = bytes.readUInt16BE(6) & 0x1fff;
  const more = (bytes.readUInt16BE(6) & 0x2000) !== 0;
  const fragment = offset > 0 ? "later" : more ? "first" : "none";
  const protocol = bytes[9]!;
  return {
    version: "ipv4",
    source: number(bytes.subarray(12, 16)),
    destination: number(bytes.subarray(16, 20)),
    protocol,
    fragment,
    ...portsOf(protocol, fragment, bytes.subarray(headerLength, totalLength)),
  };
}

function ipv6(bytes: Buffer): Packet {
  if (bytes.length < 40 || bytes.readUInt16BE(4) > bytes.length - 40) return broken("ipv6");
  const addresses = { source: number(bytes.subarray(8, 24)), destination: number(bytes.subarray(24, 40)) };
  const last = lastHeader(bytes[6]!, bytes.subarray(40, 40 + bytes.readUInt16BE(4)));
  if (last === undefined) return { ...broken("ipv6"), ...addresses };
  const { protocol, fragment, payload } = last;
  return { version: "ipv6", ...addresses, protocol, fragment, ...portsOf(protocol, fragment, payload) };
}

interface LastHeader {
  protocol: number;
  fragment: Packet["fragment"];
  payload: Buffer;
}

/** Walks the extension headers; undefined when one is not all there. */
function lastHeader(first: number, bytes: Buffer): LastHeader | undefined {
  let protocol = first;
  let fragment: Packet["fragment"] = "none";
  let payload = bytes;
  while (EXTENSIONS.includes(protocol)) {
    if (payload.length < 8) return undefined;
    const length = extensionLength(protocol, payload[1]!);
    if (payload.length < length) return undefined;
    if (protocol === FRAGMENT) {
      const place = payload.readUInt16BE(2);
      if (place >> 3 > 0) return { protocol: FRAGMENT, fragment: "later", payload: payload.subarray(8) };
      if (place !== 0) fragment = "first";
    }
    protocol = payload[0]!;
    payload = payload.subarray(length);
  }
  return { protocol, fragment, payload };
}

function extensionLength(header: number, units: number): number {
  if (header === FRAGMENT) return 8;
  return header === AUTHENTICATION ? (units + 2) * 4 : (units + 1) * 8;
}

function portsOf(protocol: number, fragment: Packet["fragment"], bytes: Buffer) {
  const none = { sourcePort: 0, destinationPort: 0, tcpFlags: 0 };
  const least = PORT_HEADERS.get(protocol);
  if (least === undefined || fragment === "later" || bytes.length < least) return none;
  const length = protocol === TCP ? (bytes[12]! >> 4) * 4 : least;
  if (length < least || length > bytes.length) return none;
  const ports = { sourcePort: bytes.readUInt16BE(0), destinationPort: bytes.readUInt16BE(2) };
  return { ...ports, tcpFlags: protocol === TCP ? bytes.readUInt16BE(12) & 0x1ff : 0 };
}

function number(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString("hex")}`);
}
