import { isIPv6 } from "node:net";
import type { InterfaceFacts } from "../ovs/facts";
import type { TunnelClaim } from "../schema/claim";
import { DEFAULT_UDP_PORT } from "../schema/tunnel";
import type { Action } from "./desired";
import { digest } from "./identity";

/** One end of a mirror tunnel: what it is on the wire, whoever asked for it. */
export interface Endpoint {
  type: "vxlan" | "geneve" | "gre";
  /** 0 for GRE, which has no ports. */
  udpPort: number;
  local: string;
  /** The other end's address; `flow` for a mesh, whose rules name it. */
  remote: string;
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

/** Identity: two ends with the same key are the same port. */
export function endpointKey(end: Endpoint): string {
  return [end.type, end.udpPort, end.local, end.remote].join(" ");
}

/** Name of the port: a hash of its identity, 15 characters. */
export function endpointPort(end: Endpoint): string {
  return `mv-${digest(12, "tunnel", endpointKey(end))}`;
}

/** How an end is spelled in messages. */
export function describeEndpoint(end: Endpoint): string {
  const port = end.udpPort === 0 ? "" : ` UDP port ${end.udpPort}`;
  return `${end.type}${port} ${end.local} -> ${end.remote === "flow" ? "any member" : end.remote}`;
}

/** The actions that send a copy through an end to a remote address. */
export function sendThrough(end: Endpoint, remote: string, tunnelId: number): Action[] {
  const destination =
    end.remote === "flow" ? [`set_field:${remote}->${isIPv6(remote) ? "tun_ipv6_dst" : "tun_dst"}`] : [];
  return [`set_field:0x${tunnelId.toString(16)}->tun_id`, ...destination, { output: endpointPort(end) }];
}

const PRODUCTION_PORT: Record<string, number> = { vxlan: 4789, geneve: 6081 };

/**
 * Whether a tunnel port that is not ours would take our packets or lose its own to us: OVS gives a packet to the most
 * specific port, so an unset local address and a flow-based remote one overlap with every other.
 */
export function overlaps(end: Endpoint, foreign: InterfaceFacts): boolean {
  const foreignPort = PRODUCTION_PORT[foreign.type];
  if (foreignPort === undefined && foreign.type !== "gre") return false;
  const port = foreign.type === "gre" ? 0 : Number(foreign.options.dst_port ?? foreignPort);
  if (port !== end.udpPort) return false;
  if (foreign.type !== end.type) return true;
  const local = foreign.options.local_ip ?? "flow";
  const remote = foreign.options.remote_ip ?? "flow";
  return (
    (local === "flow" || local === end.local) &&
    (remote === "flow" || end.remote === "flow" || remote === end.remote)
  );
}
