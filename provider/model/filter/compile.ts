import { type FilterAction, type FilterRule, MAX_FILTER_RULES } from "../../schema/filter";
import type { Family } from "../../schema/filter/address";
import { families } from "../../schema/filter/families";
import { type Field, type FieldMatch, is, macValue, within } from "../match";
import type { VlanClass } from "../vlanClass";
import type { Filter } from "./filterOf";
import { layer4Matches } from "./layer4";
import { protocolFields } from "./protocol";
import { vlanMatch } from "./vlan";

/** One OpenFlow rule of a filter's table, without the port on which copies arrive, and without actions. */
export interface FilterFlow {
  /** 65000 for the first rule, one less for each rule after it, 0 for the default. */
  priority: number;
  match: FieldMatch[];
  verdict: FilterAction;
  /**
   * The index of its rule. Several flows may belong to one rule; a rule has none if it matches nothing on such a port.
   */
  ruleIndex: number | "default";
  /** Only copies of this direction. */
  direction?: "ingress" | "egress";
  /** Bytes kept of the copies it accepts. */
  snapLength?: number;
}

/** The source of a filter's copies. */
export interface CompileOptions {
  /** The VLAN tag of the bridge on the copies. */
  vlan: VlanClass;
  /** Leaves out rules of the other direction. Default: includes both. */
  direction?: "ingress" | "egress";
}

/** The protocol of an IPv6 fragment after the first in OVS, whatever it carries. */
const IPV6_FRAGMENT = 44;

/** Fields of the source and of the destination address. */
type AddressFields = readonly [source: Field, destination: Field];
const ADDRESS_FIELDS: Record<Family, AddressFields> = {
  ipv4: ["nw_src", "nw_dst"],
  ipv6: ["ipv6_src", "ipv6_dst"],
};

/** EtherType of ARP. */
const ARP = 0x0806;

/**
 * The OpenFlow rules that are equivalent to a filter, in descending order of priority, with the default last. Flows of
 * one rule have the same priority and may overlap. The bridge must match fragments by `set-frags nx-match`, otherwise
 * first fragments have no ports. Throws a `RangeError` for more than 65000 rules, which the schema does not allow.
 */
export function compileFilter({ rules, defaultAction }: Filter, options: CompileOptions): FilterFlow[] {
  if (rules.length > MAX_FILTER_RULES) throw new RangeError(`${rules.length} filter rules`);
  const flows = rules.flatMap((rule, ruleIndex): FilterFlow[] => {
    if (isOther(rule.direction, options.direction)) return [];
    return ruleMatches(rule, options.vlan).map((match) => ({
      priority: MAX_FILTER_RULES - ruleIndex,
      match,
      verdict: rule.action,
      ruleIndex,
      ...(rule.direction === undefined ? {} : { direction: rule.direction }),
      ...(rule.snapLength === undefined ? {} : { snapLength: rule.snapLength }),
    }));
  });
  return [...flows, { priority: 0, match: [], verdict: defaultAction, ruleIndex: "default" }];
}

function isOther(direction: FilterRule["direction"], wanted: FilterRule["direction"]): boolean {
  return direction !== undefined && wanted !== undefined && direction !== wanted;
}

function ruleMatches(rule: FilterRule, vlan: VlanClass): FieldMatch[][] {
  const tag = vlanMatch(rule.vlan, vlan);
  if (tag === undefined) return [];
  const frame = [...tag];
  if (rule.sourceMac !== undefined) frame.push(is("eth_src", macValue(rule.sourceMac)));
  if (rule.destinationMac !== undefined) frame.push(is("eth_dst", macValue(rule.destinationMac)));
  const versions = families(rule);
  if (versions.length > 0) {
    const layer4 = layer4Matches(rule);
    return versions.flatMap((family) =>
      packetMatches(rule, family, layer4).map((packet) => [...frame, ...packet]),
    );
  }
  if (rule.etherType === "arp")
    return [[...frame, is("eth_type", ARP), ...addressMatches(rule, ["arp_spa", "arp_tpa"])]];
  if (typeof rule.etherType === "number") return [[...frame, is("eth_type", rule.etherType)]];
  return [frame];
}

function packetMatches(rule: FilterRule, family: Family, layer4: readonly FieldMatch[][]): FieldMatch[][] {
  const { protocol, fragment } = rule;
  const hasNoProtocol = family === "ipv6" && fragment === "later";
  if (hasNoProtocol && protocol !== undefined && protocol !== IPV6_FRAGMENT) return [];
  const header = [...protocolFields(family, protocol), ...addressMatches(rule, ADDRESS_FIELDS[family])];
  return layer4.map((fields) => [...header, ...fields]);
}

function addressMatches({ source, destination }: FilterRule, [from, to]: AddressFields): FieldMatch[] {
  const matches = [
    source === undefined ? undefined : within(from, source),
    destination === undefined ? undefined : within(to, destination),
  ];
  return matches.filter((match) => match !== undefined);
}
