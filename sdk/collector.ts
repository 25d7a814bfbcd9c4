import type { Input } from "@pulumi/pulumi";

/** A key for each direction, which lets a collector tell the directions apart. The two must differ. */
export interface CollectorKeys {
  /** Key of the frames that ports received. */
  ingress: Input<number>;
  /** Key of the frames that ports sent. */
  egress: Input<number>;
}

/** A destination outside the cloud, by address. Nothing is configured on it. */
export interface CollectorArgs {
  /** IPv4 or IPv6 address. */
  address: Input<string>;
  /** Encapsulation of the copies. */
  type: Input<"gre" | "erspan" | "vxlan" | "geneve">;
  /**
   * Key, VNI or ERSPAN session id of all copies: 32 bits for gre, 24 for vxlan and geneve, 1 to 1023 for erspan.
   * Default: the service's tunnel id; for erspan 1 + tunnelId mod 1023.
   */
  key?: Input<number>;
  /** UDP port of vxlan and geneve. Default: 4789 and 6081, as IANA assigned them. */
  udpPort?: Input<number>;
  /** ERSPAN version: 1 (type II, default) or 2 (type III, which carries the direction). */
  erspanVersion?: Input<1 | 2>;
  /** A key for each direction, instead of `key`. Default: one key for both directions. */
  keys?: Input<CollectorKeys>;
}

/** A collector with all defaults filled in, as in a reference. */
export interface Collector {
  /** IPv4 or IPv6 address. */
  address: string;
  /** Encapsulation of the copies. */
  type: "gre" | "erspan" | "vxlan" | "geneve";
  /** UDP port; 0 for gre and erspan. */
  udpPort: number;
  /** ERSPAN version; missing for other types. */
  erspanVersion?: 1 | 2;
  /** The key of each direction; one key for both is given twice. */
  keys: {
    /** Key of the frames that ports received. */
    ingress: number;
    /** Key of the frames that ports sent. */
    egress: number;
  };
}
