/** What can be on the wire between a host and a collector. */
export const ENCAPSULATIONS = ["gre", "erspan", "vxlan", "geneve"] as const;
export type EncapsulationName = (typeof ENCAPSULATIONS)[number];

/** What mirror tunnels between hosts can be; ERSPAN only takes copies somewhere. */
export const MIRROR_ENCAPSULATIONS = ["vxlan", "geneve", "gre"] as const;

/** A type of Interface rows that are tunnels. */
export type TunnelType = EncapsulationName | "ip6gre" | "ip6erspan";

/** The version of an encapsulation that has several; the others have version 1. */
export type Version = 1 | 2;

/** All that is different from one encapsulation to another. */
export interface Encapsulation {
  /** The types of its Interface rows, by the IP version underneath (ovs-vswitchd.conf.db(5), Interface, type). */
  readonly interfaces: { readonly ipv4: TunnelType; readonly ipv6: TunnelType };
  /** Its UDP ports; `none` where it has none, as it is IP protocol 47. */
  readonly udp:
    | "none"
    | {
        /** What IANA assigned: collectors listen there, and production's tunnels without a port of their own. */
        readonly standard: number;
        /** That of mirror tunnels which are given none: production has the standard one. */
        readonly mirror: number;
      };
  /** Its keys: bounds, and the one of a service that is given none, from its tunnel id. */
  readonly keys: { readonly least: number; readonly largest: number; of(tunnelId: number): number };
  /** Whether it joins hosts, or only takes copies somewhere. */
  readonly joinsHosts: boolean;
  /** Its versions; of an encapsulation with several, there is room for one between two addresses. */
  readonly versions: readonly Version[];
  /** Bytes between the outer IP header and the copy. */
  overhead(version: Version): number;
  /** Interface options of a version, besides addresses, key and UDP port. */
  options(version: Version): Record<string, string>;
  /** The header's field for the direction of a copy, and its value; undefined where a version has none. */
  direction(version: Version, direction: "ingress" | "egress" | undefined): HeaderDirection | undefined;
}

/** A field of the outer header that tells what a port sent (1) from what it received (0). */
export interface HeaderDirection {
  field: "tun_erspan_dir";
  value: 0 | 1;
}
