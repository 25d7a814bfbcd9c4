import type { CustomResourceOptions, Input, Output } from "@pulumi/pulumi";
import type { Host, ResolvedHost } from "./host";
import { isOfType } from "./isOfType";
import { TaasResource, typeToken } from "./taasResource";

/** What a TapFlow needs to know of its mirror tunnel: plain JSON, only ever extended. */
export interface MirrorTunnelRef {
  /** Version of this format. */
  format: 1;
  /** Key of the tunnel's claims. */
  owner: string;
  /** The hosts, resolved through the inventory. */
  hosts: Host[];
  /** `pair` or `mesh`. */
  mode: string;
  /** `vxlan`, `geneve` or `gre`. */
  type: string;
  /** UDP port of vxlan and geneve. */
  udpPort: number;
  /** Underlay address of each host, in the order of `hosts`; empty for the defaults. */
  localIps: string[];
}

/** The arguments of a {@link MirrorTunnel}. All change in place. */
export interface MirrorTunnelArgs {
  /** Two hosts for a pair; two or more for a mesh. */
  hosts: Input<Input<Host>[]>;
  /**
   * `pair` (default): one port on each host, for its one peer. `mesh`: one flow-based port on each host, for all
   * members.
   */
  mode?: Input<"pair" | "mesh">;
  /** Encapsulation. Default `vxlan`. */
  type?: Input<"vxlan" | "geneve" | "gre">;
  /** UDP port of vxlan and geneve, 1 to 65535. Default 14789 for vxlan and 14790 for geneve, never the production port. */
  udpPort?: Input<number>;
  /**
   * Underlay address of each host, in the order of `hosts`; it decides which NIC carries the copies. Default: each
   * host's `tunnelIp`.
   */
  localIps?: Input<Input<string>[]>;
  /**
   * Whether the outer packets may not be fragmented. Default true, as in Open vSwitch: a copy that is too large for the
   * underlay is lost.
   */
  dontFragment?: Input<boolean>;
  /** Type-of-service byte of the outer header, 0 to 255. Default: Open vSwitch's, 0. */
  tos?: Input<number>;
  /**
   * Bidirectional Forwarding Detection between the ends of a pair; `status` shows a tunnel that is down. Default false.
   */
  bfd?: Input<boolean>;
  /** Take over a claim of the same owner that differs from this one. Default false. */
  adopt?: Input<boolean>;
}

/**
 * The tunnel that carries copies between hosts. Simple cases need none: a TapFlow creates a default tunnel by itself.
 *
 * @example
 * ```ts
 * import { MirrorTunnel } from "pulumi-taas";
 *
 * new MirrorTunnel("monitoring", { hosts: ["compute1", "compute2", "compute3"], mode: "mesh", type: "geneve" });
 * ```
 *
 * @throws `same-machine`, `database-copied`: two of the hosts are one machine, or have a copy of one database.
 *
 * @throws `tunnel-ip-unknown`, `tunnel-address-missing`, `tunnel-families-differ`: a host has no underlay address, none
 * of its devices has it, or the addresses are of both IP versions.
 *
 * @throws `tunnel-clash`, `tunnel-options-differ`: a tunnel port that is there already has the same addresses and UDP
 * port, and belongs to others or has other options.
 */
export class MirrorTunnel extends TaasResource {
  /** @internal */
  static readonly __pulumiType = typeToken("MirrorTunnel");

  /** The hosts, resolved through the inventory. */
  declare readonly hosts: Output<ResolvedHost[]>;
  /** Whether it is a pair or a mesh. */
  declare readonly mode: Output<"pair" | "mesh">;
  /** Encapsulation of the copies. */
  declare readonly type: Output<"vxlan" | "geneve" | "gre">;
  /** UDP port of vxlan and geneve; known in the first preview. */
  declare readonly udpPort: Output<number>;
  /** Underlay address of each host, in the order of `hosts`; empty for the defaults. */
  declare readonly localIps: Output<string[]>;
  /** What a TapFlow takes as `tunnel`; known in the first preview. */
  declare readonly ref: Output<MirrorTunnelRef>;
  /** The ports of the tunnel on each host; known in the first preview. */
  declare readonly rules: Output<string[]>;
  /** OVS name of the tunnel's port on each host, by address. */
  declare readonly portNames: Output<Record<string, string>>;
  /** Key of the claims on the hosts. */
  declare readonly owner: Output<string>;
  /**
   * `active`; `drifted: <what>` after a refresh that found differences; `lost (...)` after a refresh while fewer than two
   * hosts are left, because the others are declared `gone`.
   */
  declare readonly status: Output<string>;

  /** Declares the tunnel. `name` is part of its owner key; `args` may be outputs of other resources. */
  constructor(name: string, args: MirrorTunnelArgs, options?: CustomResourceOptions) {
    super("MirrorTunnel", name, args, options);
  }

  /** Whether a value is a MirrorTunnel, including one from another copy of this package. */
  static override isInstance(value: unknown): value is MirrorTunnel {
    return isOfType(value, MirrorTunnel.__pulumiType);
  }
}
