import { type Family, familyOf } from "./address";
import type { FilterRule } from "./fields";

/** A field of a rule that says which IP version a frame must be of. */
export interface FamilyHint {
  field: "etherType" | "protocol" | "source" | "destination";
  family: Family;
}

/** What each field of a rule says about the IP version. The addresses of a rule for ARP are ARP's own. */
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

/** Fields that only an IP packet has; ARP has addresses too. */
export const IP_FIELDS = [
  "protocol",
  "source",
  "destination",
  "sourcePort",
  "destinationPort",
  "tcpFlags",
  "fragment",
] as const;

/** The IP versions a rule is about: one, both, or none when it does not ask for IP. */
export function families(rule: FilterRule): Family[] {
  if (rule.etherType === "arp") return [];
  const hint = familyHints(rule)[0];
  if (hint !== undefined) return [hint.family];
  return IP_FIELDS.some((field) => rule[field] !== undefined) ? ["ipv4", "ipv6"] : [];
}
