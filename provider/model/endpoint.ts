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

/** One end of a mirror tunnel: its properties on the wire, whoever asked for it. */
export interface Endpoint {
  type: EncapsulationName;
  /** 0 if the encapsulation has no ports. */
  udpPort: number;
  /** Empty: the source address that the route to the other end selects. */
  local: string;
  /** The other end's address; `flow` for a mesh, whose rules set it. */
  remote: string;
  erspanVersion?: 1 | 2;
  /** Sends only, to a collector, and accepts nothing from it. */
  oneWay?: true;
}

/** The end of the automatic tunnel between two hosts. */
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

/** Identity: two ends with the same key share a port. */
export function endpointKey(end: Endpoint): string {
  const version = end.erspanVersion === undefined ? [] : [`v${end.erspanVersion}`];
  const way = end.oneWay === undefined ? [] : ["one-way"];
  return [end.type, end.udpPort, end.local, end.remote, ...version, ...way].join(" ");
}

/** Name of the port: a hash of its identity, 15 characters. */
export function endpointPort(end: Endpoint): string {
  return `mv-${digest(12, "tunnel", endpointKey(end))}`;
}

/** An end as messages name it. */
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

/** Why two ends of ours cannot be on one host; undefined if they can. */
export function crossing(a: Endpoint, b: Endpoint): string | undefined {
  if (a.type === b.type && encapsulation(a.type).versions.length > 1) {
    return a.local === b.local && a.remote === b.remote
      ? `Open vSwitch supports only one ${a.type} tunnel between two addresses, of one version`
      : undefined;
  }
  return a.type !== b.type && a.udpPort !== 0 && a.udpPort === b.udpPort
    ? "a UDP port carries only one type of tunnel"
    : undefined;
}

/**
 * An end that only sends gets one key to receive by, the largest, so that it receives nothing from production tunnels
 * with the same addresses and port.
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

/** How a copy is sent through an end: with a key, and truncated if a length is given. */
export interface Sending {
  key: number;
  /** The address that a mesh sends to. */
  remote: string;
  maxLength?: number;
  /** Written to the ERSPAN header, if it has a field for it. */
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

/** The UDP port of a foreign tunnel; 0 if its encapsulation has no ports. */
export function foreignUdpPort(type: EncapsulationName, { options }: InterfaceFacts): number {
  const { udp } = encapsulation(type);
  return udp === "none" ? 0 : Number(options.dst_port ?? udp.standard);
}

/**
 * Whether a foreign tunnel port would receive our packets, or we those of the foreign one. OVS delivers a packet to the
 * most specific port, so an unset local address or a flow-based remote address overlaps every other. A sending-only end
 * can coexist with a flow-based port: packets from its collector with other keys are delivered to that port.
 */
export function overlaps(end: Endpoint, foreign: InterfaceFacts): boolean {
  const type = encapsulationOf(foreign.type);
  if (type === undefined) return false;
  if (foreignUdpPort(type, foreign) !== end.udpPort) return false;
  const local = readAddress(foreign.options.local_ip);
  const remote = readAddress(foreign.options.remote_ip);
  const meets =
    (local === undefined || end.local === "" || local === end.local) &&
    (remote === undefined || end.remote === "flow" || remote === end.remote);
  if (type !== end.type) return encapsulation(type).udp !== "none" || meets;
  return meets && (remote !== undefined || end.oneWay === undefined);
}
