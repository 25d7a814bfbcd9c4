import { formatIpv4, formatIpv6 } from "../filter/address";
import type { FilterRule } from "../filter/fields";
import type { PortRange } from "../filter/portRange";
import { TCP_FLAGS } from "../filter/tcpFlags";
import type { Decision, Decisions } from "./decision";
import { ARP, type Flags, IP, IPV4, IPV6, type Match, type Prefix, UNTAGGED } from "./match";

const ETHER_TYPES: ReadonlyMap<unknown, "ipv4" | "ipv6" | "arp"> = new Map([
  [IPV4, "ipv4"],
  [IPV6, "ipv6"],
  [ARP, "arp"],
]);
const PROTOCOLS: ReadonlyMap<unknown, "tcp" | "udp" | "sctp"> = new Map([
  [6, "tcp"],
  [17, "udp"],
  [132, "sctp"],
]);

/** Decisions as the rules of a filter, without the last decision, which covers all other frames. */
export function rulesOf(decisions: Decisions): FilterRule[] {
  return decisions.slice(0, -1).map(ruleOf);
}

function ruleOf({ match, accepts }: Decision): FilterRule {
  const given: FilterRule = {
    action: accepts ? "accept" : "reject",
    etherType: etherTypeOf(match),
    protocol: protocolOf(match),
    source: match.source && prefixText(match.source),
    destination: match.destination && prefixText(match.destination),
    sourcePort: match.sourcePort && ports(match.sourcePort),
    destinationPort: match.destinationPort && ports(match.destinationPort),
    sourceMac: match.sourceMac,
    destinationMac: match.destinationMac,
    vlan: match.vlan === UNTAGGED ? "untagged" : match.vlan,
    tcpFlags: match.flags && flagsText(match.flags),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as FilterRule;
}

/** The EtherType, unless another field implies it. */
function etherTypeOf(match: Match): FilterRule["etherType"] {
  const { etherType } = match;
  if (etherType === IP) return undefined;
  const saidByAddress = etherType !== ARP && (match.source !== undefined || match.destination !== undefined);
  if (saidByAddress || (typeof protocolOf(match) === "string" && isIcmp(match))) return undefined;
  return ETHER_TYPES.get(etherType) ?? etherType;
}

/** Whether the protocol is ICMP of its own IP version. */
function isIcmp({ etherType, protocol }: Match): boolean {
  return (etherType === IPV4 && protocol === 1) || (etherType === IPV6 && protocol === 58);
}

function protocolOf(match: Match): FilterRule["protocol"] {
  if (isIcmp(match)) return match.etherType === IPV4 ? "icmp" : "icmpv6";
  return PROTOCOLS.get(match.protocol) ?? match.protocol;
}

function prefixText({ value, length, bits }: Prefix): string {
  const address = bits === 32 ? formatIpv4(value) : formatIpv6(value);
  return length === bits ? address : `${address}/${length}`;
}

function ports({ first, last }: PortRange): number | string {
  return first === last ? first : `${first}-${last}`;
}

function flagsText({ mask, value }: Flags): string {
  const asked = TCP_FLAGS.map((name, bit) => ({ name, bit: 1 << bit })).filter(
    ({ bit }) => (mask & bit) !== 0,
  );
  return asked.map(({ name, bit }) => `${(value & bit) === 0 ? "-" : "+"}${name}`).join("");
}
