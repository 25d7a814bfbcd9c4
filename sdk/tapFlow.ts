import type { CustomResourceOptions, Input, Output } from "@pulumi/pulumi";
import type { FilterRule } from "./filterRule";
import type { Host, ResolvedHost } from "./host";
import { isOfType } from "./isOfType";
import { MirrorTunnel, type MirrorTunnelRef } from "./mirrorTunnel";
import type { Port, PortSelector } from "./port";
import { TaasResource, typeToken } from "./taasResource";
import { TapService, type TapServiceRef } from "./tapService";

/** A cap, either in kilobits or in packets a second. */
export type RateLimit =
  | {
      /** Kilobits a second. */
      kbps: Input<number>;
      /** Kilobits or packets that may go at once. */
      burst?: Input<number>;
    }
  | {
      /** Packets a second. */
      packetsPerSecond: Input<number>;
      /** Kilobits or packets that may go at once. */
      burst?: Input<number>;
    };

/** A sample of conversations. */
export interface Sampling {
  /** Of so many conversations one is copied, 1 to 65535. */
  oneIn: Input<number>;
}

/** The arguments of a {@link TapFlow}. All change in place. */
export interface TapFlowArgs {
  /** Where copies go: a TapService, or the `ref` of one, for instance of another stack. */
  service: TapService | Input<TapServiceRef>;
  /** The host of the tapped port. Another host moves the tap, the new side first. */
  host?: Input<Host | undefined>;
  /** Candidates instead of `host`: the tap is where its port is plugged, and moves when a refresh finds it elsewhere. */
  hosts?: Input<Input<Host>[] | undefined>;
  /** The tapped port. It must not be the monitor of any TapService. */
  port?: Input<Port | undefined>;
  /** Several ports instead of `port`: all VM ports of `host` that match, now and later, but monitors. */
  ports?: Input<PortSelector | undefined>;
  /** `ingress`: what the VM gets. `egress`: what it sends. Default `both`. */
  direction?: Input<"ingress" | "egress" | "both">;
  /**
   * Which frames are copied: those that an expression (pcap-filter(7)) matches, such as `tcp port 443 and not net
   * 192.0.2.0/24`; or as a list of rules says, of which the first that matches a frame decides. Default: all.
   */
  filter?: Input<Input<FilterRule>[] | string | undefined>;
  /**
   * What becomes of frames that no rule matches. Default: `reject` if there are rules, else `accept`. Not with an expression:
   * what that does not match is not copied.
   */
  defaultAction?: Input<"accept" | "reject">;
  /**
   * Copies one conversation in so many, both directions of it, by a hash of addresses, protocol and ports: the same ones by every
   * flow and after a restart. Frames that are not IP are all copied. Default: every conversation.
   */
  sampling?: Input<Sampling | undefined>;
  /**
   * When the tap ends: ISO 8601 with a zone, `2030-01-31T18:00:00+01:00`. Open vSwitch itself ends the copies by the host's clock,
   * whatever runs by then; a later time taps again. More than 18 hours ahead it takes a keeper or an operation on the host in the last 18
   * hours. Default: never.
   */
  until?: Input<string | undefined>;
  /** Bytes kept of each copy, at least 14; 58 or more keep IP headers whole, without which the kernel's tunnels drop copies. Default: all. */
  snapLength?: Input<number>;
  /**
   * A cap on accepted copies, by kilobits or by packets a second. What is above is dropped and counted; production is never
   * touched. `burst`, in kilobits or packets, may go at once. Default: a tenth of a second's worth, at least 525 kilobits (the
   * largest frame) or one packet.
   */
  rateLimit?: Input<RateLimit>;
  /**
   * What is done when the source's largest frames do not fit their way as copies: `warn` (default), `fail` before
   * anything is written, or `truncate` those that do not fit.
   */
  mtuPolicy?: Input<"warn" | "fail" | "truncate">;
  /** The mirror tunnel to use. Default: an explicit pair with the monitor's host, else a mesh with both, else an automatic one. */
  tunnel?: MirrorTunnel | Input<MirrorTunnelRef>;
  /**
   * `dedicated` (default): mirror tunnels of their own. `shared`: the production tunnels of the tunnel bridge, under the
   * service's tunnel id, straight to the monitor's host.
   */
  transport?: Input<"dedicated" | "shared">;
  /** `own`: a capture group of its own, so that its counters are its own. Default `shared`. */
  counters?: Input<"shared" | "own">;
  /** `false` stops the copies and keeps everything else. Default true. */
  enabled?: Input<boolean>;
  /** Seconds that a create waits for the port to be plugged, and an update that names another port or host. Default 60. */
  attachTimeout?: Input<number>;
  /** Who the tapped VM belongs to; must be the service's tenant unless that allows others. Default: none. */
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
  /** OVS name of the tapped port; several are joined by commas. */
  declare readonly portName: Output<string>;
  /** OVS names of the tapped ports, as the last operation or refresh found them. */
  declare readonly portNames: Output<string[]>;
  /** The service's tunnel id; known in the first preview. */
  declare readonly tunnelId: Output<number>;
  /** What the flow comes to on its host, in ovs-ofctl's words; known in the first preview. */
  declare readonly rules: Output<string[]>;
  /** Key of the claims on the hosts. */
  declare readonly owner: Output<string>;
  /**
   * `active`, `active (no port matches)`, `disabled`, `ended`, `ended (left on <hosts>)` while claims of an ended flow are still there, or
   * `drifted: <what>` after a refresh that found differences, or while the port is not plugged.
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

  /** Whether a value is a TapFlow, also one of another copy of this package. */
  static override isInstance(value: unknown): value is TapFlow {
    return isOfType(value, TapFlow.__pulumiType);
  }
}
