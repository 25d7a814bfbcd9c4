import { isWithin, type Reading } from "./reading";

/** EtherTypes that have a name. */
const ETHER_TYPES = { ipv4: 0x0800, ipv6: 0x86dd, arp: 0x0806 } as const;
/** IP protocols that have a name. */
const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132, icmp: 1, icmpv6: 58 } as const;

/** The EtherType by which OVS matches frames that have none (802.3 with LLC); ovs-fields(7), Ethernet. */
const NO_ETHER_TYPE = 0x05ff;

export type EtherType = keyof typeof ETHER_TYPES | number;
export type Protocol = keyof typeof PROTOCOLS | number;

/** Reads an EtherType. Canonical: the name, if it has one. */
export function readEtherType(input: unknown): Reading<EtherType> {
  if (typeof input === "string" && Object.hasOwn(ETHER_TYPES, input)) return { value: input as EtherType };
  if (!isWithin(input, 0x0600, 0xffff) && input !== NO_ETHER_TYPE) {
    return {
      reason:
        'must be "ipv4", "ipv6", "arp", a number from 0x0600 to 0xffff such as 0x88cc, or 0x05ff for frames without one',
    };
  }
  const named = Object.entries(ETHER_TYPES).find(([, number]) => number === input);
  return { value: named === undefined ? input : (named[0] as EtherType) };
}

/**
 * Reads an IP protocol. Canonical: the name, for protocols with ports; 1 and 58 remain numbers, because the number does
 * not imply an IP version.
 */
export function readProtocol(input: unknown): Reading<Protocol> {
  if (typeof input === "string" && Object.hasOwn(PROTOCOLS, input)) return { value: input as Protocol };
  if (!isWithin(input, 0, 255)) {
    return { reason: 'must be "tcp", "udp", "sctp", "icmp", "icmpv6" or a number from 0 to 255' };
  }
  const named = (["tcp", "udp", "sctp"] as const).find((name) => PROTOCOLS[name] === input);
  return { value: named ?? input };
}

/** The number of a protocol. */
export function protocolNumber(protocol: Protocol): number {
  return typeof protocol === "number" ? protocol : PROTOCOLS[protocol];
}

/** Reads a VLAN id. */
export function readVlan(input: unknown): Reading<number | "untagged"> {
  if (input === "untagged" || isWithin(input, 0, 4095)) return { value: input };
  return { reason: 'must be a VLAN id from 0 to 4095 or "untagged"' };
}
