/** A packet or a part of one, possibly truncated. */
export type Packet = Buffer;

const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, fragment: 44, gre: 47, icmp6: 58, sctp: 132 } as const;
const NAMES: Readonly<Record<number, string>> = {
  [PROTOCOL.icmp]: "icmp",
  [PROTOCOL.tcp]: "tcp",
  [PROTOCOL.udp]: "udp",
  [PROTOCOL.gre]: "gre",
  [PROTOCOL.icmp6]: "icmp6",
  [PROTOCOL.sctp]: "sctp",
};
const WITH_PORTS: readonly number[] = [PROTOCOL.tcp, PROTOCOL.udp, PROTOCOL.sctp];

/** ICMP messages by their type (RFC 792, 4443, 4861). */
const ICMP: Readonly<Record<number, string>> = {
  0: "echo reply",
  3: "unreachable",
  5: "redirect",
  8: "echo request",
  11: "time exceeded",
};
const ICMP6: Readonly<Record<number, string>> = {
  1: "unreachable",
  2: "packet too big",
  3: "time exceeded",
  128: "echo request",
  129: "echo reply",
  133: "router solicitation",
  134: "router advertisement",
  135: "neighbor solicitation",
  136: "neighbor advertisement",
};
/** TCP flags by bit, in the order in which they are shown. */
const FLAGS = [
  [0x02, "syn"],
  [0x01, "fin"],
  [0x04, "rst"],
  [0x10, "ack"],
] as const;

/** IPv6 headers between address and payload with a length in units of 8 bytes: hop-by-hop, routing, destination. */
const EXTENSIONS: readonly number[] = [0, 43, 60];
const MOST_EXTENSIONS = 8;

interface Sent {
  source: string;
  destination: string;
  protocol: number;
  /** A fragment after the first has no ports. */
  fragment: "first" | "later" | undefined;
  payload: Packet;
}

/** An IPv4 packet; undefined if it is not one, or is truncated within the header. */
export function describeIpv4(packet: Packet): string | undefined {
  if (packet.length < 20 || packet[0]! >> 4 !== 4) return undefined;
  const header = (packet[0]! & 0xf) * 4;
  if (header < 20) return undefined;
  const fragment = packet.readUInt16BE(6) & 0x3fff;
  return describeSent({
    source: packet.subarray(12, 16).join("."),
    destination: packet.subarray(16, 20).join("."),
    protocol: packet[9]!,
    fragment: fragment === 0 ? undefined : (fragment & 0x1fff) === 0 ? "first" : "later",
    payload: packet.subarray(header),
  });
}

/** An IPv6 packet; undefined if it is not one, or is truncated within the header. */
export function describeIpv6(packet: Packet): string | undefined {
  if (packet.length < 40 || packet[0]! >> 4 !== 6) return undefined;
  let protocol = packet[6]!;
  let payload = packet.subarray(40);
  let fragment: Sent["fragment"];
  for (let count = 0; count < MOST_EXTENSIONS && payload.length >= 8; count++) {
    const isFragment = protocol === PROTOCOL.fragment;
    if (!isFragment && !EXTENSIONS.includes(protocol)) break;
    if (isFragment) fragment = payload.readUInt16BE(2) >> 3 === 0 ? "first" : "later";
    protocol = payload[0]!;
    payload = payload.subarray(isFragment ? 8 : (payload[1]! + 1) * 8);
    if (fragment === "later") break;
  }
  const [source, destination] = [addressAt(packet, 8), addressAt(packet, 24)];
  return describeSent({ source, destination, protocol, fragment, payload });
}

function describeSent({ source, destination, protocol, fragment, payload }: Sent): string {
  const name = NAMES[protocol] ?? `protocol ${protocol}`;
  const part = fragment === undefined ? "" : " fragment";
  if (fragment === "later" || payload.length < 4) return `${source} > ${destination} ${name}${part}`;
  if (!WITH_PORTS.includes(protocol))
    return `${source} > ${destination} ${name}${messageOf(protocol, payload[0]!)}${part}`;
  const [from, to] = [payload.readUInt16BE(0), payload.readUInt16BE(2)];
  const said = protocol === PROTOCOL.tcp ? flagsOf(payload) : "";
  return `${withPort(source, from)} > ${withPort(destination, to)} ${name}${said}${part}`;
}

function withPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function messageOf(protocol: number, type: number): string {
  if (protocol === PROTOCOL.icmp) return ` ${ICMP[type] ?? `type ${type}`}`;
  return protocol === PROTOCOL.icmp6 ? ` ${ICMP6[type] ?? `type ${type}`}` : "";
}

function flagsOf(segment: Packet): string {
  const flags = segment[13];
  if (flags === undefined) return "";
  return FLAGS.flatMap(([bit, name]) => ((flags & bit) === 0 ? [] : [` ${name}`])).join("");
}

/** An IPv6 address, without its longest run of zeros (RFC 5952). */
function addressAt(packet: Packet, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => packet.readUInt16BE(at + 2 * index).toString(16));
  const runs = [...groups.join(":").matchAll(/(?<![^:])0(?::0)+(?![^:])/g)];
  const longest = runs.reduce((best, [run]) => (run.length > best.length ? run : best), "");
  if (longest === "") return groups.join(":");
  const { index } = runs.find(([run]) => run === longest)!;
  const text = groups.join(":");
  const before = text.slice(0, index).replace(/:$/, "");
  return `${before}::${text.slice(index + longest.length).replace(/^:/, "")}`;
}
