import type { Family } from "../../schema/filter/address";
import { type Protocol, protocolNumber } from "../../schema/filter/kinds";

const KEYWORDS: Record<Family, Record<string, string>> = {
  ipv4: { tcp: "tcp", udp: "udp", sctp: "sctp", icmp: "icmp" },
  ipv6: { tcp: "tcp6", udp: "udp6", sctp: "sctp6", icmpv6: "icmp6" },
};

/** A protocol of an IP version in ovs-ofctl's words: a keyword, and the number where no keyword says it. */
export function protocolFields(family: Family, protocol: Protocol | undefined): [string, string?] {
  const any = family === "ipv4" ? "ip" : "ipv6";
  if (protocol === undefined) return [any];
  const keyword = KEYWORDS[family][protocol];
  return keyword === undefined ? [any, `nw_proto=${protocolNumber(protocol)}`] : [keyword];
}
