// The types of all outputs, and what Pulumi lifts of them. It is compiled against the package, never run.
import type { Input, Output } from "@pulumi/pulumi";
import { expectTypeOf } from "expect-type";
import type {
  CollectorArgs,
  FilterRule,
  Host,
  MirrorTunnel,
  MirrorTunnelArgs,
  MirrorTunnelRef,
  MonitorPort,
  MonitorPortArgs,
  Port,
  PortSelector,
  ResolvedHost,
  TapFlow,
  TapFlowArgs,
  TapGroup,
  TapGroupArgs,
  TapService,
  TapServiceArgs,
  TapServiceRef,
} from "pulumi-taas";

type Common = "id" | "urn" | "getProvider" | "owner" | "rules" | "status";
type Labels = "tenant" | "description";

declare const service: TapService;
expectTypeOf<keyof TapService>().toEqualTypeOf<
  | Common
  | Labels
  | keyof Omit<TapServiceArgs, Labels | "attachTimeout" | "allowCrossTenant" | "adopt">
  | "ref"
  | "portName"
>();
expectTypeOf(service.host).toEqualTypeOf<Output<ResolvedHost | undefined>>();
expectTypeOf(service.hosts).toEqualTypeOf<Output<ResolvedHost[] | undefined>>();
expectTypeOf(service.port).toEqualTypeOf<Output<Port | undefined>>();
expectTypeOf(service.ports).toEqualTypeOf<Output<Port[] | undefined>>();
expectTypeOf(service.distribution).toEqualTypeOf<Output<"copy" | "hash" | "failover">>();
expectTypeOf(service.collector).toEqualTypeOf<Output<CollectorArgs | undefined>>();
expectTypeOf(service.attachment).toEqualTypeOf<Output<"tap-bridge" | "integration-bridge">>();
expectTypeOf(service.tunnelId).toEqualTypeOf<Output<number>>();
expectTypeOf(service.ref).toEqualTypeOf<Output<TapServiceRef>>();
expectTypeOf(service.portName).toEqualTypeOf<Output<string>>();
expectTypeOf(service.tenant).toEqualTypeOf<Output<string | undefined>>();

declare const flow: TapFlow;
expectTypeOf<keyof TapFlow>().toEqualTypeOf<
  | Common
  | Labels
  | ("service" | "host" | "hosts" | "port" | "ports" | "direction" | "filter" | "enabled" | "until")
  | ("portName" | "portNames" | "tunnelId")
>();
expectTypeOf(flow.service).toEqualTypeOf<Output<TapServiceRef>>();
expectTypeOf(flow.ports).toEqualTypeOf<Output<PortSelector | undefined>>();
expectTypeOf(flow.direction).toEqualTypeOf<Output<"ingress" | "egress" | "both">>();
expectTypeOf(flow.filter).toEqualTypeOf<Output<FilterRule[] | string | undefined>>();
expectTypeOf(flow.enabled).toEqualTypeOf<Output<boolean>>();
expectTypeOf(flow.until).toEqualTypeOf<Output<string | undefined>>();
expectTypeOf(flow.portNames).toEqualTypeOf<Output<string[]>>();
expectTypeOf(flow.rules).toEqualTypeOf<Output<string[]>>();
expectTypeOf(flow.owner).toEqualTypeOf<Output<string>>();
expectTypeOf(flow.status).toEqualTypeOf<Output<string>>();

declare const tunnel: MirrorTunnel;
expectTypeOf<keyof MirrorTunnel>().toEqualTypeOf<
  Common | "hosts" | "mode" | "type" | "udpPort" | "localIps" | "ref" | "portNames"
>();
expectTypeOf(tunnel.hosts).toEqualTypeOf<Output<ResolvedHost[]>>();
expectTypeOf(tunnel.mode).toEqualTypeOf<Output<"pair" | "mesh">>();
expectTypeOf(tunnel.type).toEqualTypeOf<Output<"vxlan" | "geneve" | "gre">>();
expectTypeOf(tunnel.ref).toEqualTypeOf<Output<MirrorTunnelRef>>();
expectTypeOf(tunnel.portNames).toEqualTypeOf<Output<Record<string, string>>>();

declare const sensor: MonitorPort;
expectTypeOf<keyof MonitorPort>().toEqualTypeOf<
  Common | Labels | "host" | "type" | "name" | "socketPath" | "ifaceId" | "port" | "portName" | "libvirt"
>();
expectTypeOf(sensor.type).toEqualTypeOf<Output<"internal" | "vhost-user" | "attach">>();
expectTypeOf(sensor.port).toEqualTypeOf<Output<Port>>();
expectTypeOf(sensor.libvirt).toEqualTypeOf<Output<string>>();

declare const group: TapGroup;
expectTypeOf(group.flows).toEqualTypeOf<TapFlow[]>();

expectTypeOf<ResolvedHost["name"]>().toEqualTypeOf<string>();

// Properties of outputs are outputs.
expectTypeOf(service.ref.tunnelId).toEqualTypeOf<Output<number>>();
expectTypeOf(tunnel.ref.localIps).toEqualTypeOf<Output<string[]>>();
expectTypeOf(tunnel.hosts[0]).toEqualTypeOf<Output<ResolvedHost> | undefined>();
expectTypeOf(flow.portNames.apply((names) => names.length)).toEqualTypeOf<Output<number>>();

// What comes out of one resource goes into another.
expectTypeOf(flow.service).toExtend<TapFlowArgs["service"]>();
expectTypeOf(flow.host).toExtend<TapServiceArgs["host"]>();
expectTypeOf(sensor.host).toExtend<TapFlowArgs["host"]>();
expectTypeOf(tunnel.hosts).toExtend<MirrorTunnelArgs["hosts"]>();
expectTypeOf(tunnel.ref).toExtend<TapFlowArgs["tunnel"]>();
expectTypeOf(sensor.port).toExtend<TapServiceArgs["port"]>();

// Arguments.
type Required<Args> = { [Name in keyof Args]-?: undefined extends Args[Name] ? never : Name }[keyof Args];
expectTypeOf<Required<TapServiceArgs>>().toEqualTypeOf<never>();
expectTypeOf<Required<TapFlowArgs>>().toEqualTypeOf<"service">();
expectTypeOf<Required<TapGroupArgs>>().toEqualTypeOf<"service" | "hosts" | "ports">();
expectTypeOf<Required<MirrorTunnelArgs>>().toEqualTypeOf<"hosts">();
expectTypeOf<Required<MonitorPortArgs>>().toEqualTypeOf<"host">();
expectTypeOf<TapFlowArgs["direction"]>().toEqualTypeOf<Input<"ingress" | "egress" | "both"> | undefined>();
expectTypeOf<TapFlowArgs["mtuPolicy"]>().toEqualTypeOf<Input<"warn" | "fail" | "truncate"> | undefined>();
expectTypeOf<TapFlowArgs["snapLength"]>().toEqualTypeOf<Input<number> | undefined>();
expectTypeOf<MirrorTunnelArgs["hosts"]>().toEqualTypeOf<Input<Input<Host>[]>>();
