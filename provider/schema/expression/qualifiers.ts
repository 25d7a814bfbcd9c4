/** The kind of a term's value: an address, a port, a protocol number. */
export type Kind = "host" | "net" | "port" | "portrange" | "proto";

/** The end that a term matches: source, destination, or both. `either` is the default. */
export type End = "src" | "dst" | "either" | "both";

/** The words before a value. They also apply to the values after it that have none: `port 80 or 443`. */
export interface Qualifiers {
  /** The protocol's keyword; undefined: any protocol that has such values. */
  protocol: string | undefined;
  end: End;
  kind: Kind;
}

/** IP protocols that are terms by themselves, with their IP versions. */
export const IP_PROTOCOLS: Readonly<Record<string, { number: number; version: "ip" | "ipv4" | "ipv6" }>> = {
  tcp: { number: 6, version: "ip" },
  udp: { number: 17, version: "ip" },
  sctp: { number: 132, version: "ip" },
  icmp: { number: 1, version: "ipv4" },
  icmp6: { number: 58, version: "ipv6" },
  igmp: { number: 2, version: "ipv4" },
  ah: { number: 51, version: "ip" },
  esp: { number: 50, version: "ip" },
  pim: { number: 103, version: "ip" },
  vrrp: { number: 112, version: "ipv4" },
};

/** EtherTypes that are terms by themselves. */
export const ETHER_TYPES: Readonly<Record<string, number>> = {
  ip: 0x0800,
  ip6: 0x86dd,
  arp: 0x0806,
  rarp: 0x8035,
};

/** Keywords of the link layer. */
export const LINK: readonly string[] = ["ether", "link"];

/** Whether a word names a protocol. */
export function isProtocol(word: string): boolean {
  return Object.hasOwn(IP_PROTOCOLS, word) || Object.hasOwn(ETHER_TYPES, word) || LINK.includes(word);
}

/** What to write instead of terms that pcap-filter(7) has and Open vSwitch cannot match. */
const LENGTH = "Open vSwitch cannot match the length of a frame. Leave it out; snapLength truncates copies";
const DIRECTION = "leave it out, and set the flow's direction";
const ADDRESSES =
  'name the addresses, as in "ether dst ff:ff:ff:ff:ff:ff", "dst net 224.0.0.0/4" or "dst net ff00::/8"';
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  less: LENGTH,
  greater: LENGTH,
  len: LENGTH,
  inbound: DIRECTION,
  outbound: DIRECTION,
  broadcast: ADDRESSES,
  multicast: ADDRESSES,
  gateway: "name the addresses with ether host and host",
  protochain: "write proto, which follows IPv6 extension headers in Open vSwitch",
  mask: "write the prefix length instead, as in net 192.0.2.0/24",
};
