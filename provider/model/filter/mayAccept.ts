import { addressValue, type Family, familyOf } from "../../schema/filter/address";
import type { FilterRule } from "../../schema/filter/fields";
import { protocolNumber } from "../../schema/filter/kinds";
import { portRange } from "../../schema/filter/portRange";
import type { Filter } from "./filterOf";

/**
 * What is known of a packet that a host sends, unfragmented: some properties of it, and nothing of the others. Its
 * source port is none of the well-known ones.
 */
export interface Packet {
  /** Undefined: unknown. */
  source: string | undefined;
  destination: string;
  /** The number of the IP protocol. */
  protocol: number;
  destinationPort?: number;
  /** Undefined: it may have a tag. */
  vlan: "untagged" | undefined;
}

/** Whether something matches a packet of which not everything is known. */
type Match = "yes" | "maybe" | "no";

/** The first port that a system uses as the source port of packets of its own. */
const FIRST_LOCAL_PORT = 1024;

const BITS: Record<Family, number> = { ipv4: 32, ipv6: 128 };

function isIn(cidr: string, address: string): boolean {
  const family = familyOf(cidr);
  const [network, length = BITS[family]] = cidr.split("/") as [string, string?];
  const others = BigInt(BITS[family] - Number(length));
  return family === familyOf(address) && addressValue(network) >> others === addressValue(address) >> others;
}

function isWithin(ports: number | string, port: number): boolean {
  const { first, last } = portRange(ports);
  return first <= port && port <= last;
}

/** How each given condition of a rule matches. Fields that are not known of any packet match perhaps. */
function matchesOf(rule: FilterRule, packet: Packet, direction: "ingress" | "egress"): Match[] {
  const sure = (holds: boolean): Match => (holds ? "yes" : "no");
  const { source, destinationPort, vlan } = packet;
  const on = <Value>(given: Value | undefined, match: (value: Value) => Match): Match[] =>
    given === undefined ? [] : [match(given)];
  return [
    ...on(rule.direction, (value) => sure(value === direction)),
    ...on(rule.etherType, (value) => sure(value === familyOf(packet.destination))),
    ...on(rule.protocol, (value) => sure(protocolNumber(value) === packet.protocol)),
    ...on(rule.destination, (cidr) => sure(isIn(cidr, packet.destination))),
    ...on(rule.source, (cidr) => (source === undefined ? "maybe" : sure(isIn(cidr, source)))),
    ...on(rule.destinationPort, (ports) =>
      destinationPort === undefined ? "no" : sure(isWithin(ports, destinationPort)),
    ),
    ...on(rule.fragment, (value) => sure(value === "none")),
    ...on(rule.vlan, (value) => (vlan === undefined ? "maybe" : sure(value === vlan))),
    ...on(rule.sourcePort, (ports) => (portRange(ports).last < FIRST_LOCAL_PORT ? "no" : "maybe")),
    ...[rule.sourceMac, rule.destinationMac, rule.tcpFlags]
      .filter((field) => field !== undefined)
      .map((): Match => "maybe"),
  ];
}

/** Whether a filter may accept a packet, as far as that is known. */
export function mayAccept(
  { rules, defaultAction }: Filter,
  packet: Packet,
  direction: "ingress" | "egress",
): boolean {
  for (const rule of rules) {
    const matches = matchesOf(rule, packet, direction);
    if (matches.includes("no")) continue;
    if (rule.action === "accept") return true;
    if (!matches.includes("maybe")) return false;
  }
  return defaultAction === "accept";
}
