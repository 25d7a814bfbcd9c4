import type { FilterRule } from "../../schema/filter";
import { UNTAGGED, type VlanClass } from "../vlanClass";

/** Fields by which copies of a port of that class meet a rule's `vlan`; undefined when none ever does. */
export function vlanMatch(wanted: FilterRule["vlan"], copies: VlanClass): string[] | undefined {
  if (wanted === undefined) return [];
  if (copies.kind === "strip") return wanted === "untagged" ? [] : undefined;
  if (copies.kind === "native" && wanted === copies.vlan) return undefined;
  if (wanted !== "untagged") return [`dl_vlan=${wanted}`];
  if (copies.kind === "keep") return [UNTAGGED];
  // Native VLAN 0 leaves no tag or one without a VLAN: both have the VLAN bits clear.
  return [copies.vlan === 0 ? "vlan_tci=0x0/0xfff" : `dl_vlan=${copies.vlan}`];
}
