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
      /** Kilobits per second, 1 to 4294967295. */
      kbps: Input<number>;
      /**
       * Kilobits or packets that may be sent at once. Default: a tenth of a second's worth, at least 525 kilobits or one
       * packet.
       */
      burst?: Input<number>;
      packetsPerSecond?: never;
    }
  | {
      /** Packets per second, 1 to 4294967295. */
      packetsPerSecond: Input<number>;
      /**
       * Kilobits or packets that may be sent at once. Default: a tenth of a second's worth, at least 525 kilobits or one
       * packet.
       */
      burst?: Input<number>;
      kbps?: never;
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
  /** The host of the tapped port; required unless `hosts` is given. Another host moves the tap: it is created there before it is deleted here. */
  host?: Input<Host | undefined>;
  /**
   * Candidates instead of `host`: the tap is on the one where its port is plugged, and moves when a refresh finds the
   * port on another.
   */
  hosts?: Input<Input<Host>[] | undefined>;
  /** The tapped port; required unless `ports` is given. It must not be the monitor of any TapService. */
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
   * Bytes kept of each copy, 14 to 65535. At least 58 keeps IP headers whole; without them, the kernel's tunnels drop
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
   * Seconds that a create waits for the port to be plugged, 0 to 3600; so does an update that names another port or
   * host. Default 60.
   */
  attachTimeout?: Input<number>;
  /**
   * Who the tapped VM belongs to. It must be the service's tenant, unless the service sets `allowCrossTenant`. Default:
   * none.
   */
  tenant?: Input<string | undefined>;
  /** Free text, stored with the claim on the hosts. Default: none. */
  description?: Input<string | undefined>;
  /** Take over a claim of the same owner that differs from this one. Default false. */
  adopt?: Input<boolean>;
}

/**
 * A VM port whose frames are copied to a TapService.
 *
 * @example
 * ```ts
 * import { TapFlow, TapService } from "pulumi-taas";
 *
 * const ids = new TapService("ids", { host: "compute2", port: "tap9b1e44d0-52" });
 * const web = new TapFlow("web", { service: ids, host: "compute1", port: "tap3f2a9c1d-7e", filter: "tcp port 443" });
 *
 * export const rules = web.rules;
 * ```
 *
 * @throws `port-missing`, `port-ambiguous`, `port-bond`, `source-patch`, `source-is-monitor`,
 * `source-carries-copies`: the port is not plugged within `attachTimeout`, is not one port with one interface, or cannot
 * be tapped.
 *
 * @throws `service-missing`, `tenant-differs`: the service is not on its host, or does not accept flows of this tenant.
 *
 * @throws `tunnel-ip-unknown`, `tunnel-address-missing`, `tunnel-families-differ`, `tunnel-member-missing`,
 * `tunnel-clash`, `tunnel-options-differ`, `database-copied`: no mirror tunnel can lead to the service's host.
 *
 * @throws `no-tunnel-bridge`, `production-tunnel-missing`, `production-tunnel-key`, `tunnel-id-taken`, `flow-taken`: the
 * production tunnels cannot be shared.
 *
 * @throws `mirrors-exhausted`: a bridge has at most 32 Mirrors.
 *
 * @throws `rate-limit-unsafe`, `cannot-cut`, `copies-too-large`: the host's Open vSwitch cannot limit or cut the copies
 * as asked, or they do not fit their way and `mtuPolicy` is `fail`.
 *
 * @throws `until-passed`: `until` is in the past by the clock of the host.
 *
 * @throws `duplicate-flow`: two rules have one match, which is a fault of this package. Report it.
 */
export class TapFlow extends TaasResource {
  /** @internal */
  static readonly __pulumiType = typeToken("TapFlow");

  /** The service that receives the copies, as its `ref`. */
  declare readonly service: Output<TapServiceRef>;
  /** The host of the tapped port, resolved through the inventory; undefined for candidates. */
  declare readonly host: Output<ResolvedHost | undefined>;
  /** The candidates, resolved through the inventory; undefined unless `hosts` is given. */
  declare readonly hosts: Output<ResolvedHost[] | undefined>;
  /** The tapped port as the program names it; undefined unless `port` is given. */
  declare readonly port: Output<Port | undefined>;
  /** What selects the tapped ports; undefined unless `ports` is given. */
  declare readonly ports: Output<PortSelector | undefined>;
  /** Which direction is copied. */
  declare readonly direction: Output<"ingress" | "egress" | "both">;
  /** Which frames are copied; rules are in their canonical form. */
  declare readonly filter: Output<FilterRule[] | string | undefined>;
  /** Whether frames are copied. */
  declare readonly enabled: Output<boolean>;
  /** When the tap ends: ISO 8601 in UTC. */
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
   * plugged. `lost (...)` after a refresh while the hosts of its port or of its monitor are declared `gone`.
   */
  declare readonly status: Output<string>;
  /** Who the tapped VM belongs to, as given. */
  declare readonly tenant: Output<string | undefined>;
  /** Free text, as given. */
  declare readonly description: Output<string | undefined>;

  /** Declares the tap. `name` is part of its owner key; `args` may be outputs of other resources. */
  constructor(name: string, args: TapFlowArgs, options?: CustomResourceOptions) {
    const service = TapService.isInstance(args.service) ? args.service.ref : args.service;
    const tunnel = MirrorTunnel.isInstance(args.tunnel) ? args.tunnel.ref : args.tunnel;
    super("TapFlow", name, { ...args, service, tunnel }, options);
  }

  /** Whether a value is a TapFlow, including one from another copy of this package. */
  static override isInstance(value: unknown): value is TapFlow {
    return isOfType(value, TapFlow.__pulumiType);
  }
}
