import type { CustomResourceOptions, Input, Output } from "@pulumi/pulumi";
import type { FilterRule } from "./filterRule";
import type { Host, ResolvedHost } from "./host";
import { isOfType } from "./isOfType";
import { MirrorTunnel, type MirrorTunnelRef } from "./mirrorTunnel";
import type { Port, PortSelector } from "./port";
import { TaasResource, typeToken } from "./taasResource";
import { TapService, type TapServiceRef } from "./tapService";

/** A rate limit, either in kilobits or in packets per second. */
export type RateLimit =
  | {
      /** Kilobits per second. */
      kbps: Input<number>;
      /** Kilobits or packets that may be sent at once. */
      burst?: Input<number>;
    }
  | {
      /** Packets per second. */
      packetsPerSecond: Input<number>;
      /** Kilobits or packets that may be sent at once. */
      burst?: Input<number>;
    };

/** A sample of conversations. */
export interface Sampling {
  /** One conversation in this many is copied, 1 to 65535. */
  oneIn: Input<number>;
}

/** The arguments of a {@link TapFlow}. All change in place. */
export interface TapFlowArgs {
  /** The TapService that receives the copies, or its `ref`, which may be from another stack. */
  service: TapService | Input<TapServiceRef>;
  /** The host of the tapped port. Another host moves the tap: it is created there before it is deleted here. */
  host?: Input<Host | undefined>;
  /**
   * Candidates instead of `host`: the tap is on the one where its port is plugged, and moves when a refresh finds the
   * port on another.
   */
  hosts?: Input<Input<Host>[] | undefined>;
  /** The tapped port. It must not be the monitor of any TapService. */
  port?: Input<Port | undefined>;
  /** Several ports instead of `port`: all VM ports of `host` that match, now and later, except monitors. */
  ports?: Input<PortSelector | undefined>;
  /** `ingress`: what the VM receives. `egress`: what it sends. Default `both`. */
  direction?: Input<"ingress" | "egress" | "both">;
  /**
   * Which frames are copied. A string is an expression (pcap-filter(7)), such as `tcp port 443 and not net
   * 192.0.2.0/24`. In a list of rules, the first that matches a frame decides. Default: all frames.
   */
  filter?: Input<Input<FilterRule>[] | string | undefined>;
  /**
   * What happens to frames that no rule matches. Default: `reject` if there are rules, else `accept`. Not allowed with
   * an expression, which copies only what it matches.
   */
  defaultAction?: Input<"accept" | "reject">;
  /**
   * Copies one conversation in `oneIn`, both directions of it, selected by a hash of addresses, protocol and ports.
   * Every flow selects the same conversations, also after a restart. Frames that are not IP are all copied. Default:
   * every conversation.
   */
  sampling?: Input<Sampling | undefined>;
  /**
   * When the tap ends: ISO 8601 with a zone, such as `2030-01-31T18:00:00+01:00`. Open vSwitch itself ends the copies
   * by the host's clock, whatever else is running then; a later time starts them again. An end more than 18 hours ahead
   * needs a keeper, or an operation on the host in the last 18 hours before it. Default: never.
   */
  until?: Input<string | undefined>;
  /**
   * Bytes kept of each copy, at least 14. At least 58 keeps IP headers whole; without them, the kernel's tunnels drop
   * the copies. Default: all.
   */
  snapLength?: Input<number>;
  /**
   * A cap on accepted copies, in kilobits or packets per second. Copies above it are dropped and counted; production
   * traffic is never affected. `burst`, in kilobits or packets, may be sent at once. Default: a tenth of a second's
   * worth, at least 525 kilobits (the largest frame) or one packet.
   */
  rateLimit?: Input<RateLimit>;
  /**
   * What to do if copies of the source's largest frames are too large for the path to the monitor: `warn` (default),
   * `fail` before anything is written, or `truncate` the copies that are too large.
   */
  mtuPolicy?: Input<"warn" | "fail" | "truncate">;
  /**
   * The mirror tunnel to use. Default: an explicit pair with the monitor's host, else a mesh with both hosts as
   * members, else an automatic tunnel.
   */
  tunnel?: MirrorTunnel | Input<MirrorTunnelRef>;
  /**
   * `dedicated` (default): mirror tunnels of their own. `shared`: the production tunnels of the tunnel bridge, under
   * the service's tunnel id, directly to the monitor's host.
   */
  transport?: Input<"dedicated" | "shared">;
  /** `own`: a capture group for this flow alone, so that its counters are its own. Default `shared`. */
  counters?: Input<"shared" | "own">;
  /** `false` stops the copies and keeps everything else. Default true. */
  enabled?: Input<boolean>;
  /**
   * Seconds that a create waits for the port to be plugged; so does an update that names another port or host. Default
   * 60.
   */
  attachTimeout?: Input<number>;
  /**
   * Who the tapped VM belongs to. It must be the service's tenant, unless the service sets `allowCrossTenant`. Default:
   * none.
   */
  tenant?: Input<string | undefined>;
  /** Free text, stored with the claim on the hosts. */
  description?: Input<string | undefined>;
  /** Take over a claim of the same owner that differs from this one. Default false. */
  adopt?: Input<boolean>;
}

/**
 * A VM port whose frames are copied to a TapService.
 *
 * @example
 * ```ts
 * new TapFlow("web", { service: ids, host: "compute1", port: "tap3f2a9c1d-7e", direction: "ingress" });
 * ```
 */
export class TapFlow extends TaasResource {
  /** @internal */
  static readonly __pulumiType = typeToken("TapFlow");

  declare readonly service: Output<TapServiceRef>;
  /** The host of the tapped port, resolved through the inventory. */
  declare readonly host: Output<ResolvedHost | undefined>;
  declare readonly hosts: Output<ResolvedHost[] | undefined>;
  declare readonly port: Output<Port | undefined>;
  declare readonly ports: Output<PortSelector | undefined>;
  declare readonly direction: Output<"ingress" | "egress" | "both">;
  declare readonly filter: Output<FilterRule[] | string | undefined>;
  declare readonly enabled: Output<boolean>;
  declare readonly until: Output<string | undefined>;
  /** OVS name of the tapped port; several are separated by commas. */
  declare readonly portName: Output<string>;
  /** OVS names of the tapped ports, as the last operation or refresh found them. */
  declare readonly portNames: Output<string[]>;
  /** The service's tunnel id; known in the first preview. */
  declare readonly tunnelId: Output<number>;
  /** The flow's rules on its host, in the notation of ovs-ofctl; known in the first preview. */
  declare readonly rules: Output<string[]>;
  /** Key of the claims on the hosts. */
  declare readonly owner: Output<string>;
  /**
   * `active`, `active (no port matches)`, `disabled`, `ended`, or `ended (left on <hosts>)` while hosts still have
   * claims of an ended flow. `drifted: <what>` after a refresh that found differences, or while the port is not
   * plugged.
   */
  declare readonly status: Output<string>;
  declare readonly tenant: Output<string | undefined>;
  declare readonly description: Output<string | undefined>;

  constructor(name: string, args: TapFlowArgs, options?: CustomResourceOptions) {
    const service = TapService.isInstance(args.service) ? args.service.ref : args.service;
    const tunnel = MirrorTunnel.isInstance(args.tunnel) ? args.tunnel.ref : args.tunnel;
    const known = { direction: args.direction, enabled: args.enabled };
    super("TapFlow", name, { ...args, ...known, service, tunnel }, options);
  }

  /** Whether a value is a TapFlow, including one from another copy of this package. */
  static override isInstance(value: unknown): value is TapFlow {
    return isOfType(value, TapFlow.__pulumiType);
  }
}
