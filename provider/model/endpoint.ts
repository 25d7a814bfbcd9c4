import { isIPv6 } from "node:net";
import type { InterfaceFacts } from "../ovs/facts";
import type { TunnelClaim } from "../schema/claim";
import type { Collector } from "../schema/collector";
import { readAddress } from "../schema/host";
import { DEFAULT_UDP_PORT } from "../schema/tunnel";
import type { Action } from "./desired";
import { digest } from "./identity";
import { type Encapsulation, encapsulationOf, type TunnelType } from "./tunnelTypes";

/** One end of a mirror tunnel: what it is on the wire, whoever asked for it. */
export interface Endpoint {
  type: Encapsulation;
  /** 0 for GRE and ERSPAN, which have no ports. */
  udpPort: number;
  /** Empty: whichever address the route to the other end has. */
  local: string;
  /** The other end's address; `flow` for a mesh, whose rules name it. */
  remote: string;
  erspanVersion?: 1 | 2;
}

/** The end of the tunnel that two hosts share when nobody asked for another. */
export function defaultEndpoint(local: string, remote: string): Endpoint {
  return { type: "vxlan", udpPort: DEFAULT_UDP_PORT, local, remote };
}

/** The end that a tunnel claim, or a flow's explicit tunnel, describes towards a peer. */
export function explicitEndpoint(
  tunnel: Pick<TunnelClaim, "mode" | "type" | "udpPort" | "local">,
  remote: string,
): Endpoint {
  return {
    type: tunnel.type,
    udpPort: tunnel.type === "gre" ? 0 : tunnel.udpPort,
    local: tunnel.local,
    remote: tunnel.mode === "mesh" ? "flow" : remote,
  };
}

/** The end that sends to a collector. */
export function collectorEndpoint(collector: Collector, local: string): Endpoint {
  const { type, udpPort, address, erspanVersion } = collector;
  return { type, udpPort, local, remote: address, ...(erspanVersion === undefined ? {} : { erspanVersion }) };
}

/** Identity: two ends with the same key are the same port. */
export function endpointKey(end: Endpoint): string {
  const version = end.erspanVersion === undefined ? [] : [`v${end.erspanVersion}`];
  return [end.type, end.udpPort, end.local, end.remote, ...version].join(" ");
}

/** Name of the port: a hash of its identity, 15 characters. */
export function endpointPort(end: Endpoint): string {
  return `mv-${digest(12, "tunnel", endpointKey(end))}`;
}

/** How an end is spelled in messages. */
export function describeEndpoint(end: Endpoint): string {
  const port = end.udpPort === 0 ? "" : ` UDP port ${end.udpPort}`;
  const local = end.local === "" ? "any address" : end.local;
  const version = end.erspanVersion === undefined ? "" : ` version ${end.erspanVersion}`;
  return `${end.type}${version}${port} ${local} -> ${end.remote === "flow" ? "any member" : end.remote}`;
}

/**
 * The type of an end's Interface row. GRE and ERSPAN have types of their own for IPv6: under the others the kernel's datapath
 * sends nothing there, and says nothing.
 */
export function endpointType({ type, local, remote }: Endpoint): TunnelType {
  const keyed = type === "gre" || type === "erspan";
  return keyed && (isIPv6(local) || isIPv6(remote)) ? `ip6${type}` : type;
}

/** Why two ends of ours cannot be on one host; undefined when they can. */
export function crossing(a: Endpoint, b: Endpoint): string | undefined {
  if (a.type === "erspan" && b.type === "erspan") {
    return a.local === b.local && a.remote === b.remote
      ? "Open vSwitch has one ERSPAN tunnel between two addresses, of one version"
      : undefined;
  }
  return a.type !== b.type && a.udpPort !== 0 && a.udpPort === b.udpPort
    ? "a UDP port is of one kind of tunnel"
    : undefined;
}

/** The Interface options of an end, without what an explicit tunnel adds (ovs-vswitchd.conf.db(5), Tunnel Options). */
export function endpointOptions(end: Endpoint): Record<string, string> {
  return {
    ...(end.local === "" ? {} : { local_ip: end.local }),
    remote_ip: end.remote,
    key: "flow",
    ...(end.udpPort === 0 ? {} : { dst_port: String(end.udpPort) }),
    ...(end.erspanVersion === 1 ? { erspan_ver: "1", erspan_idx: "0" } : {}),
    ...(end.erspanVersion === 2 ? { erspan_ver: "2", erspan_dir: "flow", erspan_hwid: "0" } : {}),
  };
}

/** Through an end with a key, cut to a length if one is given. */
export interface Sending {
  key: number;
  /** The address a mesh sends to. */
  remote: string;
  maxLength?: number;
  /** Told in the ERSPAN header, where that has room for it. */
  direction?: "ingress" | "egress";
}

/** The actions that send a copy through an end. */
export function sendThrough(end: Endpoint, sending: Sending): Action[] {
  const { key, remote, maxLength, direction } = sending;
  const address = isIPv6(remote) ? "tun_ipv6_dst" : "tun_dst";
  return [
    `set_field:0x${key.toString(16)}->tun_id`,
    ...(end.remote === "flow" ? [`set_field:${remote}->${address}`] : []),
    ...(end.erspanVersion === 2 ? [`set_field:${direction === "egress" ? 1 : 0}->tun_erspan_dir`] : []),
    { output: endpointPort(end), ...(maxLength === undefined ? {} : { maxLength }) },
  ];
}

/** Where tunnels of production are without a port of their own; 0 where they have none. */
const PRODUCTION_PORT: Record<Encapsulation, number> = { vxlan: 4789, geneve: 6081, gre: 0, erspan: 0 };

/**
 * Whether a tunnel port that is not ours would take our packets or lose its own to us: OVS gives a packet to the most
 * specific port, so an unset local address and a flow-based remote one overlap with every other.
 */
export function overlaps(end: Endpoint, foreign: InterfaceFacts): boolean {
  const type = encapsulationOf(foreign.type);
  if (type === undefined) return false;
  const keyed = PRODUCTION_PORT[type] === 0;
  const port = keyed ? 0 : Number(foreign.options.dst_port ?? PRODUCTION_PORT[type]);
  if (port !== end.udpPort) return false;
  const local = readAddress(foreign.options.local_ip);
  const remote = readAddress(foreign.options.remote_ip);
  const shared =
    (local === undefined || end.local === "" || local === end.local) &&
    (remote === undefined || end.remote === "flow" || remote === end.remote);
  return type === end.type ? shared : !keyed || shared;
}
