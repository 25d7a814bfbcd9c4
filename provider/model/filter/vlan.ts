import type { FilterRule } from "../../schema/filter";
import { type FieldMatch, masked, vlanIs } from "../match";
import { UNTAGGED, type VlanClass } from "../vlanClass";

/** Fields by which copies of a port of that class meet a rule's `vlan`; undefined when none ever does. */
export function vlanMatch(wanted: FilterRule["vlan"], copies: VlanClass): FieldMatch[] | undefined {
  if (wanted === undefined) return [];
  if (copies.kind === "strip") return wanted === "untagged" ? [] : undefined;
  if (copies.kind === "native" && wanted === copies.vlan) return undefined;
  if (wanted !== "untagged") return [vlanIs(wanted)];
  if (copies.kind === "keep") return [UNTAGGED];
  // Native VLAN 0 leaves no tag or one without a VLAN: both have the VLAN bits clear.
  return [copies.vlan === 0 ? masked("vlan_vid", 0, 0xfff) : vlanIs(copies.vlan)];
}
