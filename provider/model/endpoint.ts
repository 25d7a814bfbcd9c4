import { isIPv6 } from "node:net";
import type { EncapsulationName, TunnelType } from "../encapsulation/encapsulation";
import { encapsulation, encapsulationOf } from "../encapsulation/encapsulations";
import type { InterfaceFacts } from "../ovs/facts";
import type { TunnelClaim } from "../schema/claim";
import type { Collector } from "../schema/collector";
import { addressValue } from "../schema/filter/address";
import { readAddress } from "../schema/host";
import { DEFAULT_UDP_PORT } from "../schema/tunnel";
import type { Action } from "./desired";
import { digest } from "./identity";

/** One end of a mirror tunnel: what it is on the wire, whoever asked for it. */
export interface Endpoint {
  type: EncapsulationName;
  /** 0 where the encapsulation has no ports. */
  udpPort: number;
  /** Empty: whichever address the route to the other end has. */
  local: string;
  /** The other end's address; `flow` for a mesh, whose rules name it. */
  remote: string;
  erspanVersion?: 1 | 2;
  /** Only sends, to a collector: it takes nothing that comes from there. */
  oneWay?: true;
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
    udpPort: encapsulation(tunnel.type).udp === "none" ? 0 : tunnel.udpPort,
    local: tunnel.local,
    remote: tunnel.mode === "mesh" ? "flow" : remote,
  };
}

/** The end that sends to a collector. */
export function collectorEndpoint(collector: Collector, local: string): Endpoint {
  const { type, udpPort, address, erspanVersion } = collector;
  const version = erspanVersion === undefined ? {} : { erspanVersion };
  return { type, udpPort, local, remote: address, ...version, ...(udpPort === 0 ? {} : { oneWay: true }) };
}

/** Identity: two ends with the same key are the same port. */
export function endpointKey(end: Endpoint): string {
  const version = end.erspanVersion === undefined ? [] : [`v${end.erspanVersion}`];
  const way = end.oneWay === undefined ? [] : ["one-way"];
  return [end.type, end.udpPort, end.local, end.remote, ...version, ...way].join(" ");
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

/** The type of an end's Interface row. */
export function endpointType({ type, local, remote }: Endpoint): TunnelType {
  return encapsulation(type).interfaces[isIPv6(local) || isIPv6(remote) ? "ipv6" : "ipv4"];
}

/** Why two ends of ours cannot be on one host; undefined when they can. */
export function crossing(a: Endpoint, b: Endpoint): string | undefined {
  if (a.type === b.type && encapsulation(a.type).versions.length > 1) {
    return a.local === b.local && a.remote === b.remote
      ? `Open vSwitch has one ${a.type} tunnel between two addresses, of one version`
      : undefined;
  }
  return a.type !== b.type && a.udpPort !== 0 && a.udpPort === b.udpPort
    ? "a UDP port is of one kind of tunnel"
    : undefined;
}

/**
 * An end that takes nothing is given one key to receive by, the largest, and so takes nothing from production's tunnels of the
 * same addresses and port.
 */
function keyOptions({ type, oneWay }: Endpoint): Record<string, string> {
  if (oneWay === undefined) return { key: "flow" };
  return { in_key: String(encapsulation(type).keys.largest), out_key: "flow" };
}

/** The Interface options of an end, without what an explicit tunnel adds (ovs-vswitchd.conf.db(5), Tunnel Options). */
export function endpointOptions(end: Endpoint): Record<string, string> {
  return {
    ...(end.local === "" ? {} : { local_ip: end.local }),
    remote_ip: end.remote,
    ...keyOptions(end),
    ...(end.udpPort === 0 ? {} : { dst_port: String(end.udpPort) }),
    ...encapsulation(end.type).options(end.erspanVersion ?? 1),
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
  const told = encapsulation(end.type).direction(end.erspanVersion ?? 1, direction);
  return [
    { set: "tun_id", value: BigInt(key) },
    ...(end.remote === "flow" ? [{ set: address, value: addressValue(remote) } as const] : []),
    ...(told === undefined ? [] : [{ set: told.field, value: BigInt(told.value) }]),
    { output: endpointPort(end), ...(maxLength === undefined ? {} : { maxLength }) },
  ];
}

/**
 * Whether a tunnel port that is not ours would take our packets or lose its own to us: OVS gives a packet to the most
 * specific port, so an unset local address and a flow-based remote one overlap with every other. An end that takes nothing
 * lives beside a flow-based one: all that comes from its collector under other keys than its own goes there.
 */
export function overlaps(end: Endpoint, foreign: InterfaceFacts): boolean {
  const type = encapsulationOf(foreign.type);
  if (type === undefined) return false;
  const { udp } = encapsulation(type);
  const port = udp === "none" ? 0 : Number(foreign.options.dst_port ?? udp.standard);
  if (port !== end.udpPort) return false;
  const local = readAddress(foreign.options.local_ip);
  const remote = readAddress(foreign.options.remote_ip);
  const meets =
    (local === undefined || end.local === "" || local === end.local) &&
    (remote === undefined || end.remote === "flow" || remote === end.remote);
  if (type !== end.type) return udp !== "none" || meets;
  return meets && (remote !== undefined || end.oneWay === undefined);
}
