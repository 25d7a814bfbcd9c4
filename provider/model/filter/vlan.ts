import type { FilterRule } from "../../schema/filter";
import { type FieldMatch, masked, vlanIs } from "../match";
import { UNTAGGED, type VlanClass } from "../vlanClass";

/** The fields by which copies of a port of that class match a rule's `vlan`; undefined if none ever does. */
export function vlanMatch(wanted: FilterRule["vlan"], copies: VlanClass): FieldMatch[] | undefined {
  if (wanted === undefined) return [];
  if (copies.kind === "strip") return wanted === "untagged" ? [] : undefined;
  if (copies.kind === "native" && wanted === copies.vlan) return undefined;
  if (wanted !== "untagged") return [vlanIs(wanted)];
  if (copies.kind === "keep") return [UNTAGGED];
  // For native VLAN 0, copies have no tag or one without a VLAN: in both cases the VLAN bits are clear.
  return [copies.vlan === 0 ? masked("vlan_vid", 0, 0xfff) : vlanIs(copies.vlan)];
}
