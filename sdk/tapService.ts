import type { CustomResourceOptions, Input, Output } from "@pulumi/pulumi";
import type { Collector, CollectorArgs } from "./collector";
import type { Host, ResolvedHost } from "./host";
import { isOfType } from "./isOfType";
import { MonitorPort } from "./monitorPort";
import type { Port } from "./port";
import { TaasResource, typeToken } from "./taasResource";

/** What a TapFlow needs to know of its service: plain JSON, fit for a stack output, only ever extended. */
export interface TapServiceRef {
  /** Version of this format. */
  format: 1;
  /** Key of the service's claim. */
  owner: string;
  /** Identifies the service's copies on mirror tunnels. */
  tunnelId: number;
  /** The host of the monitors; missing for candidates and for a collector. */
  host?: Host;
  /** The candidates, if the service was given some. */
  hosts?: Host[];
  /** The destination outside the cloud, if that is what the service is. */
  collector?: Collector;
  /** Who the service belongs to, as given. */
  tenant?: string;
  /** `tap-bridge`, `integration-bridge` or `collector`. */
  attachment: string;
}

/** The arguments of a {@link TapService}. */
export interface TapServiceArgs {
  /**
   * The host of the monitor; required unless `hosts` or `collector` is given. Another address replaces the service: the new one is created first,
   * so that copies move without a gap.
   */
  host?: Input<Host | undefined>;
  /**
   * Candidates instead of `host`: the service is on the one where its port is plugged, and moves when a refresh finds
   * the port on another.
   */
  hosts?: Input<Input<Host>[] | undefined>;
  /**
   * The monitor's port, or a MonitorPort. It must not be the source of any TapFlow. A change moves the copies in place. Required unless `ports` or `collector`
   * is given.
   */
  port?: MonitorPort | Input<Port | undefined>;
  /** Several monitors on the host, instead of `port`: 1 to 64. */
  ports?: (MonitorPort | Input<Port>)[] | Input<Input<Port>[] | undefined>;
  /**
   * How several monitors share copies. `copy` (default): each gets every copy. `hash`: each copy goes to one of them,
   * and both directions of a conversation to the same one. `failover`: the first one whose port is up gets all.
   */
  distribution?: Input<"copy" | "hash" | "failover">;
  /** A destination outside the cloud, instead of a host and its ports. */
  collector?: Input<CollectorArgs | undefined>;
  /**
   * `tap-bridge` (default): the port is moved to the tap bridge, receives only copies, and is moved back at the end
   * with its OpenFlow port number. `integration-bridge`: the port stays where it is, keeps its connectivity and
   * receives copies in addition, through one rule in the integration bridge.
   */
  attachment?: Input<"tap-bridge" | "integration-bridge">;
  /**
   * Identifies this service's copies on mirror tunnels, 1 to 16777215. Default: a stable hash of the resource's URN.
   */
  tunnelId?: Input<number>;
  /**
   * Seconds that a create waits for the port to be plugged, 0 to 3600; so does an update that names another port or
   * host. Default 60.
   */
  attachTimeout?: Input<number>;
  /** Who the service belongs to. Flows of another tenant, or of none, are refused. Default: none. */
  tenant?: Input<string | undefined>;
  /** Accepts flows of other tenants. Default false. */
  allowCrossTenant?: Input<boolean>;
  /** Free text, stored with the claim on the host. Default: none. */
  description?: Input<string | undefined>;
  /** Take over a claim of the same owner that differs from this one. Default false. */
  adopt?: Input<boolean>;
}

/** The port to pass on: that of a MonitorPort, or the given value itself. */
function portOf<Given>(given: MonitorPort | Given): Output<Port> | Given {
  return MonitorPort.isInstance(given) ? given.port : given;
}

/**
 * A VM port that receives copies of other ports' frames.
 *
 * @example
 * ```ts
 * import { TapService } from "pulumi-taas";
 *
 * const ids = new TapService("ids", { host: "compute2", port: { mac: "fa:16:3e:00:00:02" } });
 *
 * export const forOtherStacks = ids.ref;
 * ```
 *
 * @throws `port-missing`, `port-ambiguous`, `port-bond`: the monitor's port is not plugged within `attachTimeout`, or is
 * not one port with one interface.
 *
 * @throws `monitor-is-source`, `monitor-is-output`: the port is tapped, or receives another Mirror's copies.
 *
 * @throws `monitor-immovable`, `monitor-attachment-differs`, `home-bridge-missing`, `ageing-failed`: the port cannot be
 * moved to the tap bridge, or not back to where it was.
 *
 * @throws `monitor-bridge-shared`: the Linux bridge that the port leads to has other ports than the monitor's.
 *
 * @throws `tunnel-id-taken`, `collector-key-taken`, `tunnel-clash`: another service, production or a tunnel of others
 * already uses the tunnel id, or the collector's key or address.
 *
 * @throws `flow-taken`: a controller has a rule in the place that `attachment: "integration-bridge"` needs.
 *
 * @throws `service-in-use`, `tap-bridge-in-use`: the service cannot be deleted, because flows of other stacks use it, or
 * because the tap bridge would be deleted with a port on it that may be a VM's.
 */
export class TapService extends TaasResource {
  /** @internal */
  static readonly __pulumiType = typeToken("TapService");

  /** The host of the monitor, resolved through the inventory; undefined for a collector. */
  declare readonly host: Output<ResolvedHost | undefined>;
  /** The candidates, resolved through the inventory; undefined unless `hosts` is given. */
  declare readonly hosts: Output<ResolvedHost[] | undefined>;
  /** The monitor's port as the program names it; undefined unless `port` is given. */
  declare readonly port: Output<Port | undefined>;
  /** The monitors' ports as the program names them; undefined unless `ports` is given. */
  declare readonly ports: Output<Port[] | undefined>;
  /** How several monitors share copies. */
  declare readonly distribution: Output<"copy" | "hash" | "failover">;
  /** The destination outside the cloud, as given. */
  declare readonly collector: Output<CollectorArgs | undefined>;
  /** Whether the monitor's port is moved to the tap bridge. */
  declare readonly attachment: Output<"tap-bridge" | "integration-bridge">;
  /** Identifies this service's copies on mirror tunnels; known in the first preview. */
  declare readonly tunnelId: Output<number>;
  /** What a TapFlow takes; known in the first preview. Export it to let other stacks tap into this service. */
  declare readonly ref: Output<TapServiceRef>;
  /** The service's rules on its host, in the notation of ovs-ofctl; known in the first preview. */
  declare readonly rules: Output<string[]>;
  /** OVS name of the monitor's port; several are separated by commas. */
  declare readonly portName: Output<string>;
  /** Key of the claim on the host. */
  declare readonly owner: Output<string>;
  /**
   * `active`; `drifted: <what>` after a refresh that found differences, or while a monitor is not plugged; `lost (...)`
   * after a refresh while its hosts are declared `gone`.
   */
  declare readonly status: Output<string>;
  /** Who the service belongs to, as given. */
  declare readonly tenant: Output<string | undefined>;
  /** Free text, as given. */
  declare readonly description: Output<string | undefined>;

  /** Declares the service. `name` is part of its owner key; `args` may be outputs of other resources. */
  constructor(name: string, args: TapServiceArgs, options?: CustomResourceOptions) {
    const port = portOf(args.port);
    const ports = Array.isArray(args.ports) ? args.ports.map(portOf) : args.ports;
    super("TapService", name, { ...args, port, ports }, options);
  }

  /** Whether a value is a TapService, including one from another copy of this package. */
  static override isInstance(value: unknown): value is TapService {
    return isOfType(value, TapService.__pulumiType);
  }
}
