import { ARP, IP, IPV4, IPV6, type Match, type Prefix, UNTAGGED } from "./match";
import { type End, ETHER_TYPES, IP_PROTOCOLS } from "./qualifiers";
import type { Term } from "./tree";

/** What a term says is about untagged frames, and behind `vlan` about tagged ones, as the offsets of libpcap are. */
export type Behind = "no tag" | "tag";

/** A term that asks for an EtherType, at the place where the frame has it. */
export function placed(matches: readonly Partial<Match>[], behind: Behind): Term {
  if (behind === "no tag")
    return { matches: matches.map((match) => ({ ...match, vlan: UNTAGGED })), but: [] };
  return { matches, but: [{ vlan: UNTAGGED }] };
}

/** A term about MAC addresses or tags, which stand where they stand. */
export function unplaced(matches: readonly Partial<Match>[]): Term {
  return { matches, but: [] };
}

/** Frames with a tag, of one VLAN or any. */
export function tagged(vlan: number | undefined): Term {
  return vlan === undefined ? { matches: [{}], but: [{ vlan: UNTAGGED }] } : unplaced([{ vlan }]);
}

const VERSIONS: Readonly<Record<"ip" | "ipv4" | "ipv6", number>> = { ip: IP, ipv4: IPV4, ipv6: IPV6 };

/** The frames of a protocol that is a term by itself. */
export function ofProtocol(word: string): Partial<Match> {
  if (Object.hasOwn(ETHER_TYPES, word)) return { etherType: ETHER_TYPES[word]! };
  const { number, version } = IP_PROTOCOLS[word]!;
  return { etherType: VERSIONS[version], protocol: number };
}

/** Packets of a protocol by number, in the IP version that is named or in both. */
export function ofProtocolNumber(version: string | undefined, protocol: number): Partial<Match> {
  return { etherType: version === undefined ? IP : ETHER_TYPES[version]!, protocol };
}

/** Matches of a value at the ends it may be at: one for each of both ends if either will do. */
function atEnds<Value>(
  end: End,
  value: Value,
  names: { src: keyof Match; dst: keyof Match },
  rest: Partial<Match>,
): Partial<Match>[] {
  const { src, dst } = names;
  switch (end) {
    case "both":
      return [{ ...rest, [src]: value, [dst]: value }];
    case "either":
      return [
        { ...rest, [src]: value },
        { ...rest, [dst]: value },
      ];
    default:
      return [{ ...rest, [end === "src" ? src : dst]: value }];
  }
}

/** Frames from or to a MAC address. */
export function ofMac(end: End, mac: string): Partial<Match>[] {
  return atEnds(end, mac, { src: "sourceMac", dst: "destinationMac" }, {});
}

/** Packets from or to addresses; of IPv4, ARP's too, unless a protocol is named. */
export function ofAddresses(end: End, prefix: Prefix, protocol: string | undefined): Partial<Match>[] {
  const named = protocol === undefined ? undefined : ETHER_TYPES[protocol];
  const etherTypes = named !== undefined ? [named] : prefix.bits === 32 ? [IPV4, ARP] : [IPV6];
  return etherTypes.flatMap((etherType) => {
    if (prefix.length === 0) return [{ etherType }];
    return atEnds(end, prefix, { src: "source", dst: "destination" }, { etherType });
  });
}

/** Packets from or to ports; of TCP, UDP and SCTP, unless one of these is named. */
export function ofPorts(
  end: End,
  ports: { first: number; last: number },
  protocol: string | undefined,
): Partial<Match>[] {
  const protocols = protocol === undefined ? ["tcp", "udp", "sctp"] : [protocol];
  const names = { src: "sourcePort", dst: "destinationPort" } as const;
  return protocols.flatMap((one) => atEnds(end, ports, names, ofProtocol(one)));
}
