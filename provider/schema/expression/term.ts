import { ARP, IP, IPV4, IPV6, type Match, type Prefix, UNTAGGED } from "./match";
import { type End, ETHER_TYPES, IP_PROTOCOLS } from "./qualifiers";
import type { Term } from "./tree";

/** Whether terms match untagged frames or, after `vlan`, tagged ones, as libpcap's offsets do. */
export type Behind = "no tag" | "tag";

/** A term that matches an EtherType, at its position in the frame. */
export function placed(matches: readonly Partial<Match>[], behind: Behind): Term {
  if (behind === "no tag")
    return { matches: matches.map((match) => ({ ...match, vlan: UNTAGGED })), but: [] };
  return { matches, but: [{ vlan: UNTAGGED }] };
}

/** A term that matches MAC addresses or tags, whose position is fixed. */
export function unplaced(matches: readonly Partial<Match>[]): Term {
  return { matches, but: [] };
}

/** Tagged frames, of one VLAN or of any. */
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

/** Packets of a protocol by number, in the given IP version or in both. */
export function ofProtocolNumber(version: string | undefined, protocol: number): Partial<Match> {
  return { etherType: version === undefined ? IP : ETHER_TYPES[version]!, protocol };
}

/** The matches of a value at the ends it may be at: one for each end if either is accepted. */
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

/** Packets from or to addresses. For IPv4 this includes ARP, unless a protocol is named. */
export function ofAddresses(end: End, prefix: Prefix, protocol: string | undefined): Partial<Match>[] {
  const named = protocol === undefined ? undefined : ETHER_TYPES[protocol];
  const etherTypes = named !== undefined ? [named] : prefix.bits === 32 ? [IPV4, ARP] : [IPV6];
  return etherTypes.flatMap((etherType) => {
    if (prefix.length === 0) return [{ etherType }];
    return atEnds(end, prefix, { src: "source", dst: "destination" }, { etherType });
  });
}

/** Packets from or to ports: of TCP, UDP and SCTP, unless one of these is named. */
export function ofPorts(
  end: End,
  ports: { first: number; last: number },
  protocol: string | undefined,
): Partial<Match>[] {
  const protocols = protocol === undefined ? ["tcp", "udp", "sctp"] : [protocol];
  const names = { src: "sourcePort", dst: "destinationPort" } as const;
  return protocols.flatMap((one) => atEnds(end, ports, names, ofProtocol(one)));
}
