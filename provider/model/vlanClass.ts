import type { PortFacts } from "../ovs/facts";
import { type FieldMatch, masked, TAG_PRESENT, vlanIs } from "./match";

/**
 * What must be done to a Mirror's copy so that it equals the guest's frame. OVS tags a copy with the frame's VLAN in
 * the bridge, so an access port's copies carry a tag that the guest never saw.
 */
export type VlanClass = { kind: "strip" } | { kind: "keep" } | { kind: "native"; vlan: number };

function modeOf(port: PortFacts): string {
  return port.vlanMode ?? (port.tag === undefined ? "trunk" : "access");
}

/** Whether a port takes only frames of some VLANs from its VM. The others are dropped before any Mirror (ovs-vswitchd.conf.db(5), Port table, trunks). */
export function isSelective(port: PortFacts): boolean {
  const mode = modeOf(port);
  return mode === "access" || mode === "dot1q-tunnel" || port.trunks.length > 0;
}

/** The class of a port, from its `tag` and `vlan_mode` (ovs-vswitchd.conf.db(5), Port table, VLAN Configuration). */
export function vlanClass(port: PortFacts): VlanClass {
  const mode = modeOf(port);
  if (mode === "trunk") return { kind: "keep" };
  if (mode.startsWith("native-")) return { kind: "native", vlan: port.tag ?? 0 };
  return { kind: "strip" };
}

/** The match fields for frames with an outermost tag, of any VLAN, and for untagged ones (ovs-fields(7), vlan_tci). */
export const TAGGED = masked("vlan_vid", TAG_PRESENT, TAG_PRESENT);
export const UNTAGGED = masked("vlan_vid", 0, TAG_PRESENT);

/** Bytes of a VLAN tag. */
export const TAG_BYTES = 4;

/** The class as one word, part of a capture group's identity. */
export function vlanClassKey(wanted: VlanClass): string {
  return wanted.kind === "native" ? `native:${wanted.vlan}` : wanted.kind;
}

/** The match fields for copies that carry the bridge's own outermost tag; undefined if none can. */
export function bridgeTagMatch(wanted: VlanClass): FieldMatch | undefined {
  if (wanted.kind === "keep") return undefined;
  return wanted.kind === "strip" ? TAGGED : vlanIs(wanted.vlan);
}
