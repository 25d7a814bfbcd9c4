import { ComponentResource, type ComponentResourceOptions, type Input } from "@pulumi/pulumi";
import type { Host } from "./host";
import type { PortSelector } from "./port";
import { TapFlow, type TapFlowArgs } from "./tapFlow";

/**
 * The arguments of a {@link TapGroup}: its hosts and ports, and the arguments of a TapFlow, which apply to each of its
 * flows.
 */
export interface TapGroupArgs extends Omit<TapFlowArgs, "host" | "hosts" | "port" | "ports"> {
  /**
   * The hosts. Each has a TapFlow named after it, so the name of a host, or else its address, must be a plain string.
   */
  hosts: Host[];
  /** The tapped ports of each host: all VM ports that match, now and later, except monitors. */
  ports: Input<PortSelector>;
}

/** The part of a flow's name that stands for its host. */
function nameOf(host: Host, group: string): string {
  const name: unknown = typeof host === "string" ? host : (host.name ?? host.address);
  if (typeof name === "string" && name !== "") return name;
  throw new TypeError(
    `TapGroup ${group}: a flow is named after its host, whose name must be known when the program runs: give each of hosts a plain string, or a record with a plain name or address`,
  );
}

/**
 * The ports of several hosts that match a selector, such as all VMs of a network: one TapFlow on each host, named
 * `<name>-<host>`.
 *
 * @example
 * ```ts
 * import { TapGroup, TapService } from "pulumi-taas";
 *
 * const ids = new TapService("ids", { host: "compute2", port: "tap3f2a9c1d-7e" });
 * new TapGroup("office", { service: ids, hosts: ["compute1", "compute2"], ports: { vlan: 10 } });
 * ```
 *
 * @throws A TypeError when the program runs: a host is given twice, or its name is not known yet. Its flows fail as any
 * {@link TapFlow}.
 */
export class TapGroup extends ComponentResource {
  /** The flow of each host, in the order of `hosts`. */
  readonly flows: TapFlow[];

  /** Declares a TapFlow for each host. `name` is the first part of their names. */
  constructor(name: string, args: TapGroupArgs, options?: ComponentResourceOptions) {
    const { hosts, ...others } = args;
    const names = hosts.map((host) => nameOf(host, name));
    const twice = names.find((host, index) => names.indexOf(host) !== index);
    if (twice !== undefined) throw new TypeError(`TapGroup ${name}: host ${twice} is given twice`);
    super("taas:index:TapGroup", name, {}, options);
    this.flows = hosts.map(
      (host, index) => new TapFlow(`${name}-${names[index]}`, { ...others, host }, { parent: this }),
    );
    this.registerOutputs();
  }
}
