// What programs may write of resources and what they may not. It is compiled against the package, never run.
import { type Output, output, secret } from "@pulumi/pulumi";
import {
  type FilterRule,
  type Host,
  MirrorTunnel,
  MonitorPort,
  type Port,
  type PortSelector,
  type RateLimit,
  type ResolvedHost,
  TapFlow,
  type TapFlowArgs,
  TapGroup,
  TapService,
  type TapServiceRef,
} from "pulumi-taas";

declare const host: Host;
declare const resolved: Output<ResolvedHost>;
declare const rules: FilterRule[];
declare const reference: Output<TapServiceRef>;

// Hosts.
const hosts: Host[] = [
  "compute1",
  { address: "compute2", user: "ops", sudo: "always", gone: false, keeper: true },
];
new MonitorPort("resolved", { host: resolved });
// @ts-expect-error a record has an address
const nowhere: Host = { user: "ops" };
// @ts-expect-error no such transport
const telnet: Host = { address: "compute1", transport: "telnet" };
// @ts-expect-error key material is no property, the path of a key file is
const key: Host = { address: "compute1", privateKey: "..." };

// A port has one of several spellings.
const ports: Port[] = [
  ...["tap-a", { ifaceId: "i" }, { ifaceId: secret("i") }, { mac: "fa:16:3e:00:00:01" }],
  ...[{ vmUuid: "v" }, { vmUuid: output("v"), vnic: 1 }],
];
// @ts-expect-error one spelling, not two
const both: Port = { ifaceId: "i", mac: "fa:16:3e:00:00:01" };
// @ts-expect-error the number of a vNIC is of a VM
const loose: Port = { vnic: 1 };
// @ts-expect-error the number of a vNIC is of a VM
const odd: Port = { ifaceId: "i", vnic: 1 };
// @ts-expect-error no such spelling
const unknown: Port = { uuid: "v" };
// @ts-expect-error a number is no name
const number: Port = 7;

// Selectors.
const quiet: PortSelector = {
  externalIds: { "vm-type": "dns" },
  except: ["tap-b", { mac: "m" }, { vlan: 7 }],
};
// @ts-expect-error an exclusion has no exclusions of its own
const nested: PortSelector = { name: "*", except: [{ vlan: 7, except: [] }] };
// @ts-expect-error VLANs are numbers
const text: PortSelector = { vlan: "7" };

// Caps: by kilobits or by packets.
const caps: RateLimit[] = [{ kbps: 1000 }, { packetsPerSecond: output(10), burst: 20 }];
// @ts-expect-error one cap, not two
const twice: RateLimit = { kbps: 1000, packetsPerSecond: 10 };
// @ts-expect-error a burst alone is no cap
const burst: RateLimit = { burst: 20 };

// Monitors.
const sensor = new MonitorPort("sensor", { host, mtu: 9000 });
const service = new TapService("ids", { host, port: output(ports[0]!) });
new TapService("watch", { hosts, port: sensor });
new TapService("farm", { host, ports: [sensor, "tap-c", sensor.port], distribution: "hash" });
new TapService("outside", { collector: { address: "192.0.2.9", type: "erspan", erspanVersion: 2 } });
// @ts-expect-error no such argument
new TapService("x", { host, prot: "q" });
// @ts-expect-error no such distribution
new TapService("x", { host, ports: [sensor], distribution: "random" });
// @ts-expect-error a collector has a type
new TapService("x", { collector: { address: "192.0.2.9" } });
// @ts-expect-error no such version
new TapService("x", { collector: { address: "192.0.2.9", type: "erspan", erspanVersion: 3 } });
// @ts-expect-error a service is no port
new TapService("x", { host, port: service });
// @ts-expect-error no such type
new MonitorPort("x", { host, type: "tap" });

// Tunnels.
const tunnel = new MirrorTunnel("way", { hosts, type: "geneve", bfd: true });
// @ts-expect-error a tunnel has hosts
new MirrorTunnel("x", { mode: "mesh" });
// @ts-expect-error an ERSPAN tunnel leads to collectors only
new MirrorTunnel("x", { hosts, type: "erspan" });

// Taps.
new TapFlow("web", { service, host, port: { ifaceId: secret("i") }, filter: rules, tunnel });
new TapFlow("db", {
  service: service.ref,
  hosts,
  port: "tap-b",
  rateLimit: caps[0]!,
  sampling: { oneIn: 10 },
});
new TapFlow("all", {
  service: reference,
  host,
  ports: quiet,
  filter: output("tcp port 443"),
  tunnel: tunnel.ref,
});
// @ts-expect-error a service is required
const none: TapFlowArgs = { host, port: "tap-a" };
// @ts-expect-error a monitor's port is no service
new TapFlow("x", { service: sensor, host, port: "p" });
// @ts-expect-error a name is no service
new TapFlow("x", { service: "ids", host, port: "p" });
// @ts-expect-error no such direction
new TapFlow("x", { service, host, port: "p", direction: "sideways" });
// @ts-expect-error a sample has a number
new TapFlow("x", { service, host, port: "p", sampling: {} });
// @ts-expect-error a rule has an action
new TapFlow("x", { service, host, port: "p", filter: [{ protocol: "tcp" }] });
// @ts-expect-error no such protocol
new TapFlow("x", { service, host, port: "p", filter: [{ action: "accept", protocol: "http" }] });
// @ts-expect-error an end is a text
new TapFlow("x", { service, host, port: "p", until: new Date() });
// @ts-expect-error outputs are read, not written
service.tunnelId = output(7);

// Groups.
const group = new TapGroup("net", {
  service,
  tunnel,
  hosts,
  ports: { network: secret("n") },
  snapLength: 128,
});
// @ts-expect-error a group has hosts of its own in place of a flow's
new TapGroup("x", { service, host, ports: { name: "*" } });
// @ts-expect-error the hosts of a group are known when the program runs
new TapGroup("x", { service, hosts: output(hosts), ports: { name: "*" } });

export const all = [
  nowhere,
  telnet,
  key,
  both,
  loose,
  odd,
  unknown,
  number,
  nested,
  text,
  twice,
  burst,
  none,
  group,
];
