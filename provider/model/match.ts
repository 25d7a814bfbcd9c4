import { isIPv4 } from "node:net";
import { addressValue } from "../schema/filter/address";

/** Fields of a frame and its metadata that our rules match or set, by their names in ovs-fields(7). */
export type Field =
  | "in_port"
  | "eth_src"
  | "eth_dst"
  | "eth_type"
  | "vlan_vid"
  | "ip_proto"
  | "ip_frag"
  | "nw_src"
  | "nw_dst"
  | "arp_spa"
  | "arp_tpa"
  | "ipv6_src"
  | "ipv6_dst"
  | "tcp_src"
  | "tcp_dst"
  | "udp_src"
  | "udp_dst"
  | "sctp_src"
  | "sctp_dst"
  | "tcp_flags"
  | "tun_id"
  | "tun_src"
  | "tun_dst"
  | "tun_ipv6_src"
  | "tun_ipv6_dst"
  | "tun_erspan_dir"
  | "reg0"
  | "reg1"
  | "reg2"
  | "reg3";

/** A register, which carries a number from one table to the next. */
export type Register = Extract<Field, `reg${number}`>;

/**
 * The required value of a field, in the bits of the mask or in all bits. In `vlan_vid`, bit 12 means that there is a
 * tag.
 */
export interface FieldMatch {
  readonly field: Field;
  readonly value: bigint;
  readonly mask?: bigint;
}

/** An exact match. */
export function is(field: Field, value: bigint | number): FieldMatch {
  return { field, value: BigInt(value) };
}

/** A match in some bits. */
export function masked(field: Field, value: bigint | number, mask: bigint | number): FieldMatch {
  return { field, value: BigInt(value), mask: BigInt(mask) };
}

/** A match of a field by an address or a CIDR prefix; undefined if the prefix matches everything. */
export function within(field: Field, cidr: string): FieldMatch | undefined {
  const [address, length] = cidr.split("/") as [string, string?];
  const bits = isIPv4(address) ? 32n : 128n;
  if (length === undefined) return is(field, addressValue(address));
  const host = bits - BigInt(length);
  if (host === bits) return undefined;
  return masked(field, addressValue(address), ((1n << bits) - 1n) ^ ((1n << host) - 1n));
}

/** Bit 12 of `vlan_vid`: there is a tag. */
export const TAG_PRESENT = 0x1000n;

/** The tag of a VLAN. */
export function vlanIs(vlan: number): FieldMatch {
  return is("vlan_vid", TAG_PRESENT | BigInt(vlan));
}

/** A MAC address as a number. */
export function macValue(mac: string): bigint {
  return BigInt(`0x${mac.replaceAll(":", "")}`);
}
