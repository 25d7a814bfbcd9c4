import type { HostRecord } from "../host/host";
import type { Direction } from "../schema/flow";
import { type PortInput, portSymbol } from "../schema/port";
import type { ServiceRef } from "../schema/service";
import type { TunnelRef } from "../schema/tunnel";
import { hasUnknown, UNKNOWN } from "../schema/unknown";

/** Arguments that are known, or the sentinel. */
type Known<T> = T | typeof UNKNOWN;

/** A line of `rules`, or the sentinel as a whole when anything in it is unknown. */
function line(parts: readonly unknown[], write: () => string): string {
  return parts.some(hasUnknown) ? UNKNOWN : write();
}

function hex(tunnelId: number): string {
  return `0x${tunnelId.toString(16)}`;
}

function bridges(host: HostRecord): { integration: string; tap: string } {
  return { integration: host.integrationBridge ?? "br-int", tap: host.tapBridge ?? "br-tap" };
}

/** What a TapService comes to, in ovs-ofctl's words, from its arguments alone. */
export function serviceRules(service: {
  host: Known<HostRecord>;
  port: Known<PortInput>;
  tunnelId: Known<number>;
  attachment: Known<string>;
}): string[] {
  const { host, port, tunnelId, attachment } = service;
  const all = [host, port, tunnelId, attachment];
  const names = () => bridges(host as HostRecord);
  const monitor = () => portSymbol(port as PortInput);
  const arrived = (output: string) =>
    `${names().tap} table=2,tun_id=${hex(tunnelId as number)},actions=output:${output}`;
  if (attachment === "integration-bridge") {
    return [
      line(all, () => arrived(names().integration)),
      line(all, () => `${names().integration} table=0,in_port=${names().tap},actions=output:${monitor()}`),
    ];
  }
  return [
    line(all, () => `${names().integration} port ${monitor()} moves to ${names().tap}`),
    line(all, () => `${names().tap} table=0,in_port=${monitor()},actions=drop`),
    line(all, () => arrived(monitor())),
  ];
}

/** What a TapFlow comes to, in ovs-ofctl's words, from its arguments alone. */
export function flowRules(flow: {
  service: Known<ServiceRef>;
  host: Known<HostRecord>;
  port: Known<PortInput>;
  direction: Known<Direction>;
  enabled: Known<boolean>;
  tunnel: Known<TunnelRef> | undefined;
}): string[] {
  const { service, host, port, direction, enabled, tunnel } = flow;
  if (enabled === false) return [];
  const names = () => bridges(host as HostRecord);
  const source = () => portSymbol(port as PortInput);
  const mirror = (column: string) =>
    line(
      [host, port, direction, enabled],
      () => `${names().integration} mirror ${column}=${source()},actions=output:${names().tap}`,
    );
  const send = () => {
    const { host: destination, tunnelId } = service as ServiceRef;
    if (destination.address === (host as HostRecord).address) return "output:monitor";
    const through = tunnel === undefined ? "tunnel" : `${(tunnel as TunnelRef).type}`;
    return `set_field:${hex(tunnelId)}->tun_id,output:${through}(${destination.address})`;
  };
  return [
    ...(direction === "ingress" ? [] : [mirror("select_src_port")]),
    ...(direction === "egress" ? [] : [mirror("select_dst_port")]),
    line(
      [service, host, port, enabled, tunnel],
      () => `${names().tap} table=2,in_port=${source()},actions=${send()}`,
    ),
  ];
}

/** What a MirrorTunnel comes to on each host, from its arguments alone. */
export function tunnelRules(tunnel: {
  hosts: Known<readonly HostRecord[]>;
  mode: Known<string>;
  type: Known<string>;
  udpPort: Known<number>;
  localIps: Known<readonly string[]>;
  dontFragment: Known<boolean>;
  tos: Known<number> | undefined;
  bfd: Known<boolean> | undefined;
}): string[] {
  const { hosts, mode, type, udpPort, localIps } = tunnel;
  if (hasUnknown(Object.values(tunnel))) return [UNKNOWN];
  const records = hosts as readonly HostRecord[];
  const address = (index: number) => (localIps as readonly string[])[index];
  const options = [
    ...(type === "gre" ? [] : [`dst_port=${udpPort}`]),
    "key=flow",
    ...(tunnel.dontFragment === false ? ["df_default=false"] : []),
    ...(tunnel.tos === undefined ? [] : [`tos=${tunnel.tos}`]),
    ...(tunnel.bfd === true ? ["bfd=true"] : []),
  ].join(",");
  return records.map((host, index) => {
    const remotes = records.flatMap((peer, other) =>
      other === index ? [] : [address(other) ?? peer.address],
    );
    const remote = mode === "mesh" ? `flow,members=${remotes.join("/")}` : remotes.join("/");
    const local = address(index) === undefined ? "" : `local_ip=${address(index)},`;
    return `${host.address} ${bridges(host).tap} port ${type} ${local}remote_ip=${remote},${options}`;
  });
}
