import type { FilterAction, FilterRule } from "../../schema/filter";
import type { Family } from "../../schema/filter/address";
import { families } from "../../schema/filter/families";
import { matchText as fieldsText, valueText } from "../matchText";
import { fragmentIs } from "./layer4";
import { protocolFields } from "./protocol";

/**
 * A rule as one line in ovs-ofctl's notation, for previews: ranges remain ranges, and a rule for both IP versions names
 * both (`tcp|tcp6,tp_dst=443 accept`).
 */
export function ruleText(rule: FilterRule): string {
  const match = matchText(rule);
  const direction = rule.direction === undefined ? [] : [rule.direction];
  const snap = rule.snapLength === undefined ? [] : [`max_len=${rule.snapLength}`];
  return [...direction, match === "" ? "any" : match, rule.action, ...snap].join(" ");
}

/** The line for copies that no rule matches. */
export function defaultText(action: FilterAction): string {
  return `any ${action}`;
}

function matchText(rule: FilterRule): string {
  const versions = families(rule);
  const [source, destination] = addressNames(rule, versions[0]);
  const headers = versions.map((version) => headerText(version, rule.protocol));
  const fields = [
    ...etherTypeText(rule.etherType),
    ...(headers.length === 0 ? [] : [headers.map(([keyword]) => keyword).join("|")]),
    ...assigned("dl_vlan", rule.vlan),
    ...assigned("dl_src", rule.sourceMac),
    ...assigned("dl_dst", rule.destinationMac),
    ...assigned(source, rule.source),
    ...assigned(destination, rule.destination),
    ...headers.slice(0, 1).flatMap(([, number]) => number ?? []),
    ...assigned("nw_frag", rule.fragment === undefined ? undefined : valueText(fragmentIs(rule.fragment))),
    ...assigned("tp_src", rule.sourcePort),
    ...assigned("tp_dst", rule.destinationPort),
    ...assigned("tcp_flags", rule.tcpFlags),
  ];
  return fields.join(",");
}

/** ovs-ofctl's names for the source and the destination address. */
function addressNames(rule: FilterRule, version: Family | undefined): [source: string, destination: string] {
  if (rule.etherType === "arp") return ["arp_spa", "arp_tpa"];
  return version === "ipv6" ? ["ipv6_src", "ipv6_dst"] : ["nw_src", "nw_dst"];
}

/**
 * An IP version with a protocol: one keyword for both, or the number next to the version if the protocol has no
 * keyword.
 */
function headerText(version: Family, protocol: FilterRule["protocol"]): readonly string[] {
  if (typeof protocol !== "number") return fieldsText(protocolFields(version, protocol));
  return [...fieldsText(protocolFields(version, undefined)), `nw_proto=${protocol}`];
}

function assigned(name: string, value: number | string | undefined): string[] {
  return value === undefined ? [] : [`${name}=${value}`];
}

function etherTypeText(etherType: FilterRule["etherType"]): string[] {
  if (etherType === "arp") return ["arp"];
  return typeof etherType === "number" ? [`dl_type=0x${etherType.toString(16).padStart(4, "0")}`] : [];
}
