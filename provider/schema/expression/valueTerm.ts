import { refuse } from "./cursor";
import type { Match, Prefix } from "./match";
import { ETHER_TYPES, IP_PROTOCOLS, LINK, type Qualifiers } from "./qualifiers";
import { ofAddresses, ofMac, ofPorts, ofProtocolNumber } from "./term";
import type { Token } from "./tokens";
import * as values from "./values";

/** A value in an expression, with the prefix length after a slash. */
interface Value {
  token: Token;
  length: Token | undefined;
}

/** The frames that have a value, as its qualifiers say. */
export function matchesOf(words: Qualifiers, { token, length }: Value): Partial<Match>[] {
  const { protocol, end, kind } = words;
  if (length !== undefined && kind !== "net")
    refuse(token, "only a network has a prefix length: write net before it");
  if (kind === "port" || kind === "portrange") {
    if (protocol !== undefined && !["tcp", "udp", "sctp"].includes(protocol))
      refuse(token, `${protocol} has no ports: write tcp, udp or sctp before ${kind}, or nothing`);
    return ofPorts(end, kind === "port" ? values.readPort(token) : values.readPortRange(token), protocol);
  }
  if (kind === "proto") return ofNumber(protocol, token);
  if (protocol !== undefined && LINK.includes(protocol)) {
    if (kind === "net") refuse(token, "a MAC address has no network: write ether host");
    return ofMac(end, values.readMac(token));
  }
  const prefix = kind === "net" ? values.readNet(token, length) : values.readHost(token);
  requireFamily(protocol, prefix, token);
  return ofAddresses(end, prefix, protocol);
}

/** Whether the value is a MAC address, which precedes any tag. */
export function isMac({ protocol, kind }: Qualifiers): boolean {
  return protocol !== undefined && LINK.includes(protocol) && kind !== "proto";
}

function ofNumber(protocol: string | undefined, token: Token): Partial<Match>[] {
  if (protocol !== undefined && LINK.includes(protocol)) return [{ etherType: values.readEtherType(token) }];
  if (protocol !== undefined && protocol !== "ip" && protocol !== "ip6")
    refuse(token, `${protocol} has no protocol field: write ip, ip6 or ether before proto, or nothing`);
  return [ofProtocolNumber(protocol, values.readProtocolNumber(token))];
}

function requireFamily(protocol: string | undefined, prefix: Prefix, token: Token): void {
  if (protocol === undefined) return;
  if (Object.hasOwn(IP_PROTOCOLS, protocol))
    refuse(token, `write "${protocol} and ${prefix.length === prefix.bits ? "host" : "net"} ${token.text}"`);
  if (protocol === "rarp") refuse(token, "Open vSwitch does not match addresses of RARP: leave it out");
  const bits = ETHER_TYPES[protocol] === ETHER_TYPES.ip6 ? 128 : 32;
  if (prefix.bits !== bits)
    refuse(token, `${protocol} has no ${prefix.bits === 32 ? "IPv4" : "IPv6"} addresses`);
}
