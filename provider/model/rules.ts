import { encapsulation } from "../encapsulation/encapsulations";
import type { Collector } from "../schema/collector";
import type { RateLimit, Sampling } from "../schema/common";
import type { FilterAction, FilterRule } from "../schema/filter";
import type { Direction } from "../schema/flow";
import { DEFAULT_BRIDGES, type HostRecord } from "../schema/host";
import type { MonitorPortInputs } from "../schema/monitorPort";
import { type PortInput, portSymbol } from "../schema/port";
import { type PortSelector, tappedBy, tappedSymbol } from "../schema/selector";
import type { ServiceRef } from "../schema/service";
import type { TunnelRef } from "../schema/tunnel";
import { hasUnknown, UNKNOWN } from "../schema/unknown";
import { filterOf } from "./filter/filterOf";
import { defaultText, ruleText } from "./filter/text";

/** Known arguments, or the sentinel for an unknown. */
type Known<T> = T | typeof UNKNOWN;

/** A line of `rules`; the sentinel as a whole if anything in it is unknown. */
function line(parts: readonly unknown[], write: () => string): string {
  return parts.some(hasUnknown) ? UNKNOWN : write();
}

function hex(tunnelId: number): string {
  return `0x${tunnelId.toString(16)}`;
}

function bridges(host: HostRecord): { integration: string; tap: string; tunnels: string } {
  const { integrationBridge, tapBridge, tunnelBridge } = { ...DEFAULT_BRIDGES, ...host };
  return { integration: integrationBridge, tap: tapBridge, tunnels: tunnelBridge };
}

/** The host whose bridges are named; candidates have the same bridges. */
function firstOf(end: {
  host?: Known<HostRecord>;
  hosts?: Known<readonly Known<HostRecord>[]>;
}): Known<HostRecord> | undefined {
  if (end.host !== undefined) return end.host;
  return Array.isArray(end.hosts)
    ? (end.hosts[0] as Known<HostRecord>)
    : (end.hosts as typeof UNKNOWN | undefined);
}

/** The rules of a TapService in ovs-ofctl's notation, from its arguments alone. */
export function serviceRules(service: {
  host?: Known<HostRecord>;
  hosts?: Known<readonly Known<HostRecord>[]>;
  port?: Known<PortInput>;
  ports?: Known<readonly Known<PortInput>[]>;
  distribution: Known<string>;
  tunnelId: Known<number>;
  attachment: Known<string>;
  collector?: Known<Collector>;
}): string[] {
  const { tunnelId, attachment, collector, distribution } = service;
  const host = firstOf(service);
  if (attachment === "collector") {
    return [line([collector], () => `any tap bridge actions=${collectorText(collector as Collector)}`)];
  }
  if (hasUnknown(service.ports)) return [UNKNOWN];
  const ports = (service.ports ?? [service.port]) as readonly PortInput[];
  const all = [host, ports, tunnelId, attachment, distribution];
  const names = () => bridges(host as HostRecord);
  const monitors = () => ports.map(portSymbol);
  const outputs = () =>
    distribution === "copy" || ports.length === 1
      ? monitors()
          .map((name) => `output:${name}`)
          .join(",")
      : `${distribution}(${monitors().join(",")})`;
  const arrived = (actions: string) =>
    `${names().tap} table=2,tun_id=${hex(tunnelId as number)},actions=${actions}`;
  if (attachment === "integration-bridge") {
    return [
      line(all, () => arrived(`output:${names().integration}`)),
      line(all, () => `${names().integration} table=0,in_port=${names().tap},actions=${outputs()}`),
    ];
  }
  return [
    ...ports.map((port) =>
      line(
        [host, port],
        () => `${names().integration} port ${portSymbol(port)} moves to ${names().tap} unless it is there`,
      ),
    ),
    ...ports.map((port) =>
      line([host, port], () => `${names().tap} table=0,in_port=${portSymbol(port)},actions=drop`),
    ),
    line(all, () => arrived(outputs())),
  ];
}

function collectorText(collector: Collector): string {
  const { type, address, keys, udpPort, erspanVersion } = collector;
  const kind = erspanVersion === undefined ? type : `${type}${erspanVersion}`;
  const port = udpPort === 0 ? "" : `,dst_port=${udpPort}`;
  const key =
    keys.ingress === keys.egress
      ? hex(keys.ingress)
      : `${hex(keys.ingress)} ingress,${hex(keys.egress)} egress`;
  return `${kind}(remote_ip=${address}${port},key=${key})`;
}

/** A TapFlow's arguments. */
type FlowArguments = {
  service: Known<ServiceRef>;
  host?: Known<HostRecord>;
  hosts?: Known<readonly Known<HostRecord>[]>;
  port?: Known<PortInput>;
  ports?: Known<PortSelector>;
  direction: Known<Direction>;
  enabled: Known<boolean>;
  filter?: Known<string | readonly Known<FilterRule>[]>;
  defaultAction?: Known<FilterAction>;
  sampling?: Known<Sampling>;
  until?: Known<string>;
  snapLength?: Known<number>;
  rateLimit?: Known<RateLimit>;
  tunnel?: Known<TunnelRef>;
  transport: Known<string>;
};

/** The rules of a TapFlow in ovs-ofctl's notation, from its arguments alone. */
export function flowRules(flow: FlowArguments): string[] {
  if (flow.enabled === false) return [];
  return [...mirrorLines(flow), ...gateLines(flow), ...filterLines(flow), sendLine(flow)];
}

/** The names of what a flow taps, to be used if `parts` are known. */
function tappedOf(flow: FlowArguments) {
  const host = firstOf(flow);
  return {
    parts: [host, flow.ports ?? flow.port],
    names: () => bridges(host as HostRecord),
    source: () => tappedSymbol(tappedBy(flow as Parameters<typeof tappedBy>[0])),
  };
}

function mirrorLines(flow: FlowArguments): string[] {
  const { direction, enabled } = flow;
  const { parts, names, source } = tappedOf(flow);
  const mirror = (column: string) =>
    line(
      [...parts, direction, enabled],
      () => `${names().integration} mirror ${column}=${source()},actions=output:${names().tap}`,
    );
  return [
    ...(direction === "ingress" ? [] : [mirror("select_src_port")]),
    ...(direction === "egress" ? [] : [mirror("select_dst_port")]),
  ];
}

/** What decides about copies before the filter does. */
function gateLines(flow: FlowArguments): string[] {
  const { until, sampling } = flow;
  const { parts, names, source } = tappedOf(flow);
  const gate = (given: unknown, table: number, what: () => string) =>
    given === undefined
      ? []
      : [line([...parts, given], () => `${names().tap} table=${table},in_port=${source()} ${what()}`)];
  return [
    ...gate(until, 0, () => `ends ${until}`),
    ...gate(sampling, 1, () => `sample: one conversation in ${(sampling as Sampling).oneIn}`),
  ];
}

function filterLines(flow: FlowArguments): string[] {
  const { filter, defaultAction, rateLimit } = flow;
  const { parts, names, source } = tappedOf(flow);
  const limited = rateLimit !== undefined;
  const where = () => `${names().tap} table=${limited ? 0 : 1},in_port=${source()}`;
  const capped = (verdict: FilterAction) =>
    verdict === "accept" && limited ? `,meter=${rateText(rateLimit as RateLimit)}` : "";
  const decide = (given: Known<FilterRule>, index: number) =>
    line([...parts, given, rateLimit], () => {
      const rule = given as FilterRule;
      return `${where()} rule ${index}: ${ruleText(rule)}${capped(rule.action)}`;
    });
  const unknown = hasUnknown(filter) && !Array.isArray(filter);
  const given = { filter, defaultAction } as Parameters<typeof filterOf>[0];
  const { rules, defaultAction: rest } = unknown ? { ...given, rules: [UNKNOWN] as const } : filterOf(given);
  if (rules.length === 0 && !limited) return [];
  const known = defaultAction ?? (unknown ? UNKNOWN : undefined);
  const byDefault = () => `${where()} default: ${defaultText(rest!)}${capped(rest!)}`;
  return [...rules.map(decide), line([...parts, known, rateLimit], byDefault)];
}

function sendLine(flow: FlowArguments): string {
  const { service, tunnel, snapLength, transport } = flow;
  const { parts, names, source } = tappedOf(flow);
  const send = () => sendText({ ...flow, host: firstOf(flow) } as Parameters<typeof sendText>[0]);
  return line(
    [service, ...parts, tunnel, snapLength, transport],
    () => `${names().tap} table=2,in_port=${source()},actions=${send()}`,
  );
}

function rateText(limit: RateLimit): string {
  const rate = limit.kbps !== undefined ? `${limit.kbps}kbps` : `${limit.packetsPerSecond}pps`;
  return limit.burst === undefined ? rate : `${rate}/burst ${limit.burst}`;
}

function sendText(flow: {
  service: ServiceRef;
  host: HostRecord;
  snapLength?: number;
  tunnel?: TunnelRef;
  transport: string;
}): string {
  const { service, host, snapLength, tunnel, transport } = flow;
  const cut = snapLength === undefined ? "" : `,max_len=${snapLength}`;
  if (service.collector !== undefined) return `${collectorText(service.collector)}${cut}`;
  const destination = (service.hosts ?? [service.host!]).map(({ address }) => address).join("|");
  if (destination === host.address) return `output:monitor${cut}`;
  const through = transport === "shared" ? bridges(host).tunnels : (tunnel?.type ?? "tunnel");
  return `set_field:${hex(service.tunnelId)}->tun_id,output:${through}(${destination})${cut}`;
}

/** The port of a MonitorPort, from its arguments alone. */
export function monitorPortRules(
  monitor: Pick<MonitorPortInputs, "type"> & {
    [Name in "host" | "port" | "mac" | "mtu" | "socketPath"]?: Known<NonNullable<MonitorPortInputs[Name]>>;
  },
): string[] {
  const { host, port, type, mac, mtu, socketPath } = monitor;
  const options = {
    internal: ["type=internal", mac && `mac=${mac}`, mtu && `mtu_request=${mtu}`],
    "vhost-user": ["type=dpdkvhostuserclient", `vhost-server-path=${socketPath}`],
    attach: ["which its hypervisor attaches"],
  }[type].filter(Boolean);
  return [
    line([host, port, mac, mtu, socketPath], () => {
      const { tap } = bridges(host as HostRecord);
      return `${tap} port ${portSymbol(port as PortInput)} ${options.join(",")}`;
    }),
  ];
}

/** The ports of a MirrorTunnel on each host, from its arguments alone. */
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
    ...(encapsulation(type as TunnelRef["type"]).udp === "none" ? [] : [`dst_port=${udpPort}`]),
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
