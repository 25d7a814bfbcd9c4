import type { Family } from "../../schema/filter/address";
import { type Protocol, protocolNumber } from "../../schema/filter/kinds";
import { type FieldMatch, is } from "../match";

const ETHER_TYPES: Record<Family, number> = { ipv4: 0x0800, ipv6: 0x86dd };

/** The match fields of a protocol over an IP version. */
export function protocolFields(family: Family, protocol: Protocol | undefined): FieldMatch[] {
  const version = is("eth_type", ETHER_TYPES[family]);
  return protocol === undefined ? [version] : [version, is("ip_proto", protocolNumber(protocol))];
}
