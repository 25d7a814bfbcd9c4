/** The encapsulations between a host and a collector. */
export const ENCAPSULATIONS = ["gre", "erspan", "vxlan", "geneve"] as const;
export type EncapsulationName = (typeof ENCAPSULATIONS)[number];

/**
 * The encapsulations of mirror tunnels between hosts. ERSPAN is not among them: it only carries copies to a collector.
 */
export const MIRROR_ENCAPSULATIONS = ["vxlan", "geneve", "gre"] as const;

/** The types of Interface rows that are tunnels. */
export type TunnelType = EncapsulationName | "ip6gre" | "ip6erspan";

/** The version of an encapsulation with several versions; the others have version 1. */
export type Version = 1 | 2;

/** Everything in which encapsulations differ. */
export interface Encapsulation {
  /** The types of its Interface rows, by the IP version underneath (ovs-vswitchd.conf.db(5), Interface, type). */
  readonly interfaces: { readonly ipv4: TunnelType; readonly ipv6: TunnelType };
  /** Its UDP ports; `none` if it has none because it is IP protocol 47. */
  readonly udp:
    | "none"
    | {
        /** The port assigned by IANA, used by collectors and by production tunnels without an explicit port. */
        readonly standard: number;
        /** The default port of mirror tunnels, which differs from the standard one because production uses that. */
        readonly mirror: number;
      };
  /** Its keys: bounds, and the default key of a service, derived from its tunnel id. */
  readonly keys: { readonly least: number; readonly largest: number; of(tunnelId: number): number };
  /** Whether it connects hosts, or only carries copies to a collector. */
  readonly joinsHosts: boolean;
  /** Its versions; only one of them can be used between two addresses. */
  readonly versions: readonly Version[];
  /** Bytes between the outer IP header and the copy. */
  overhead(version: Version): number;
  /** Interface options of a version, in addition to addresses, key and UDP port. */
  options(version: Version): Record<string, string>;
  /** The header's field for the direction of a copy, and its value; undefined where a version has none. */
  direction(version: Version, direction: "ingress" | "egress" | undefined): HeaderDirection | undefined;
}

/** A field of the outer header that distinguishes frames that a port sent (1) from those it received (0). */
export interface HeaderDirection {
  field: "tun_erspan_dir";
  value: 0 | 1;
}
