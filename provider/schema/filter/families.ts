import { type Family, familyOf } from "./address";
import type { FilterRule } from "./fields";

/** A field of a rule that determines the frame's IP version. */
export interface FamilyHint {
  field: "etherType" | "protocol" | "source" | "destination";
  family: Family;
}

/**
 * What each field of a rule implies about the IP version. The addresses of a rule for ARP are those in the ARP packet.
 */
export function familyHints(rule: FilterRule): FamilyHint[] {
  const hints: FamilyHint[] = [];
  if (rule.etherType === "ipv4" || rule.etherType === "ipv6")
    hints.push({ field: "etherType", family: rule.etherType });
  if (rule.protocol === "icmp") hints.push({ field: "protocol", family: "ipv4" });
  if (rule.protocol === "icmpv6") hints.push({ field: "protocol", family: "ipv6" });
  if (rule.etherType === "arp") return hints;
  if (rule.source !== undefined) hints.push({ field: "source", family: familyOf(rule.source) });
  if (rule.destination !== undefined)
    hints.push({ field: "destination", family: familyOf(rule.destination) });
  return hints;
}

/** Fields that only an IP packet has. Addresses are not among them, because ARP has them too. */
export const IP_FIELDS = [
  "protocol",
  "source",
  "destination",
  "sourcePort",
  "destinationPort",
  "tcpFlags",
  "fragment",
] as const;

/** The IP versions that a rule matches: one, both, or none if it does not require IP. */
export function families(rule: FilterRule): Family[] {
  if (rule.etherType === "arp") return [];
  const hint = familyHints(rule)[0];
  if (hint !== undefined) return [hint.family];
  return IP_FIELDS.some((field) => rule[field] !== undefined) ? ["ipv4", "ipv6"] : [];
}
