import { familyHints, IP_FIELDS } from "./families";
import type { FilterRule } from "./fields";

/** A field that conflicts with the rest of its rule, and why. */
export interface Contradiction {
  field: keyof FilterRule;
  reason: string;
}

const ADDRESS_FIELDS = ["source", "destination"] as const;
const PORT_FIELDS = ["sourcePort", "destinationPort"] as const;
const PORT_PROTOCOLS: readonly unknown[] = ["tcp", "udp", "sctp"];
/** The protocol that OVS assigns to an IPv6 fragment after the first. */
const IPV6_FRAGMENT = 44;

/** Every field because of which no frame could match the rule, or the rule would be ambiguous. */
export function contradictions(rule: FilterRule): Contradiction[] {
  return [
    ...notIp(rule),
    ...twoFamilies(rule),
    ...arpAddresses(rule),
    ...layer4(rule),
    ...laterFragment(rule),
    ...uselessSnap(rule),
  ];
}

function notIp(rule: FilterRule): Contradiction[] {
  const { etherType } = rule;
  if (etherType === undefined || etherType === "ipv4" || etherType === "ipv6") return [];
  const given = etherType === "arp" ? "arp" : `0x${etherType.toString(16).padStart(4, "0")}`;
  const own: readonly string[] = etherType === "arp" ? ADDRESS_FIELDS : [];
  return IP_FIELDS.filter((field) => rule[field] !== undefined && !own.includes(field)).map((field) => ({
    field,
    reason: `matches IP packets only, and etherType is ${given}`,
  }));
}

function twoFamilies(rule: FilterRule): Contradiction[] {
  const [first, ...others] = familyHints(rule);
  return others
    .filter((other) => other.family !== first!.family)
    .map((other) => ({
      field: other.field,
      reason: `is ${words(other.family)}, but ${first!.field} ${rule[first!.field]} is ${words(first!.family)}: no frame is both`,
    }));
}

function arpAddresses(rule: FilterRule): Contradiction[] {
  if (rule.etherType !== "arp") return [];
  return ADDRESS_FIELDS.filter((field) => rule[field]?.includes(":")).map((field) => ({
    field,
    reason: "is IPv6, and ARP has IPv4 addresses only",
  }));
}

function words(family: string): string {
  return family === "ipv4" ? "IPv4" : "IPv6";
}

function layer4(rule: FilterRule): Contradiction[] {
  const found: Contradiction[] = [];
  for (const field of PORT_FIELDS) {
    if (rule[field] === undefined || PORT_PROTOCOLS.includes(rule.protocol)) continue;
    const instead = rule.protocol === undefined ? "add one of these" : `${rule.protocol} has no ports`;
    found.push({ field, reason: `needs protocol "tcp", "udp" or "sctp": ${instead}` });
  }
  if (rule.tcpFlags !== undefined && rule.protocol !== "tcp") {
    const instead = rule.protocol === undefined ? "add it" : `${rule.protocol} has no TCP flags`;
    found.push({ field: "tcpFlags", reason: `needs protocol "tcp": ${instead}` });
  }
  return found;
}

function laterFragment(rule: FilterRule): Contradiction[] {
  if (rule.fragment !== "later") return [];
  const found: Contradiction[] = [...PORT_FIELDS, "tcpFlags" as const]
    .filter((field) => rule[field] !== undefined)
    .map((field) => ({
      field,
      reason: 'cannot match with fragment "later": only the first fragment has this header',
    }));
  const isIpv6 = familyHints(rule).some(({ family }) => family === "ipv6");
  if (isIpv6 && rule.protocol !== undefined && rule.protocol !== IPV6_FRAGMENT) {
    found.push({
      field: "protocol",
      reason: `cannot match with fragment "later" in IPv6: Open vSwitch gives those fragments the protocol ${IPV6_FRAGMENT}`,
    });
  }
  return found;
}

function uselessSnap(rule: FilterRule): Contradiction[] {
  if (rule.snapLength === undefined || rule.action === "accept") return [];
  return [{ field: "snapLength", reason: "has no effect in a rule that rejects: nothing is sent" }];
}
