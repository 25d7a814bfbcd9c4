import type { CustomResourceOptions, Input, Output } from "@pulumi/pulumi";
import type { Host, ResolvedHost } from "./host";
import { isOfType } from "./isOfType";
import type { Port } from "./port";
import { TaasResource, typeToken } from "./taasResource";

/** The arguments of a {@link MonitorPort}. */
export interface MonitorPortArgs {
  /** The host of the monitor. Another address replaces the port, the new one first. */
  host: Input<Host>;
  /**
   * `internal` (default): Open vSwitch creates a network device on the host, for a sensor there or in a container.
   * `vhost-user`: it creates a DPDK port; QEMU listens on its socket. `attach`: a VM's hypervisor plugs the VM's
   * interface into the tap bridge.
   */
  type?: Input<"internal" | "vhost-user" | "attach">;
  /**
   * Name of the device and port, at most 15 characters; not for `attach`. Default: `mp-` and a hash of the resource's
   * URN.
   */
  name?: Input<string | undefined>;
  /** MAC address of an `internal` device. Default: chosen by Open vSwitch. */
  mac?: Input<string | undefined>;
  /** MTU of an `internal` device, in bytes, 68 to 65535. Default: 1500. */
  mtu?: Input<number | undefined>;
  /** For `vhost-user`: path of the socket that QEMU listens on. Default: `/var/run/openvswitch/` and the name. */
  socketPath?: Input<string | undefined>;
  /** For `attach`: the `iface-id` that the hypervisor writes, a UUID. Default: derived from the resource's URN. */
  ifaceId?: Input<string | undefined>;
  /** Who the monitor belongs to. Informational only: a TapService has a tenant of its own. Default: none. */
  tenant?: Input<string | undefined>;
  /** Free text, stored with the claim on the host. Default: none. */
  description?: Input<string | undefined>;
  /** Take over a claim of the same owner that differs from this one. Default false. */
  adopt?: Input<boolean>;
}

/**
 * A port of the tap bridge that a monitor is attached to. No port is moved, so none has to be moved back.
 *
 * @example
 * ```ts
 * import { MonitorPort, TapService } from "pulumi-taas";
 *
 * const sensor = new MonitorPort("sensor", { host: "compute2" });
 * new TapService("ids", { host: "compute2", port: sensor });
 * ```
 *
 * @throws `monitor-port-taken`: another port has the name, the socket or the `ifaceId`.
 *
 * @throws `no-dpdk`: the host's Open vSwitch cannot have a `vhost-user` port.
 *
 * @throws `monitor-port-in-use`, `tap-bridge-in-use`: the port cannot be deleted, because a service of another stack uses
 * it, or a VM is still attached to it or to the tap bridge.
 */
export class MonitorPort extends TaasResource {
  /** @internal */
  static readonly __pulumiType = typeToken("MonitorPort");

  /** The host, resolved through the inventory. */
  declare readonly host: Output<ResolvedHost>;
  /** What attaches the monitor. */
  declare readonly type: Output<"internal" | "vhost-user" | "attach">;
  /** Name of the device and port that Open vSwitch creates; known in the first preview. */
  declare readonly name: Output<string | undefined>;
  /** Path of the socket of a `vhost-user` port; known in the first preview, undefined for other types. */
  declare readonly socketPath: Output<string | undefined>;
  /** The `iface-id` of an `attach` port; known in the first preview, undefined for other types. */
  declare readonly ifaceId: Output<string | undefined>;
  /** What a TapService takes as `port`; known in the first preview. */
  declare readonly port: Output<Port>;
  /** OVS name of the port; for `attach`, empty while no VM is attached. */
  declare readonly portName: Output<string>;
  /**
   * The `interface` element of a libvirt domain that attaches a VM to this port; known in the first preview, empty for
   * `internal`.
   */
  declare readonly libvirt: Output<string>;
  /** The port on its host, in Open vSwitch's own terms; known in the first preview. */
  declare readonly rules: Output<string[]>;
  /** Key of the claim on the host. */
  declare readonly owner: Output<string>;
  /**
   * `active`, `active (no port attached)`, `drifted: <what>` after a refresh that found differences, or `lost (...)`
   * after a refresh while its host is declared `gone`.
   */
  declare readonly status: Output<string>;
  /** Who the monitor belongs to, as given. */
  declare readonly tenant: Output<string | undefined>;
  /** Free text, as given. */
  declare readonly description: Output<string | undefined>;

  /** Declares the port. `name` is part of its owner key, and not the port's own name; that is `args.name`. */
  constructor(name: string, args: MonitorPortArgs, options?: CustomResourceOptions) {
    super("MonitorPort", name, args, options);
  }

  /** Whether a value is a MonitorPort, including one from another copy of this package. */
  static override isInstance(value: unknown): value is MonitorPort {
    return isOfType(value, MonitorPort.__pulumiType);
  }
}
