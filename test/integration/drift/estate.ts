import { Driver } from "../../driver/driver";
import { Kept } from "../../driver/kept";
import type { Lab } from "../../lab/lab";
import type { LabOptions } from "../../lab/options";

/** Hosts and VMs of the estate. What vswitchd counts is not written to the database meanwhile, so that rows change by writers only. */
export const ESTATE: LabOptions = {
  hosts: [1, 2, 3].map(() => ({ otherConfig: { "stats-update-interval": "3600000" } })),
  vms: [
    ...["web", "db", "big", "east", "out"].map((name, index) => ({ name, host: 1, vlan: 11 + index })),
    ...["app", "near", "side", "ids", "s1", "s2", "inline"].map((name, index) => ({
      ...{ name, host: 2, vlan: 21 + index },
    })),
    { name: "ids3", host: 3, vlan: 31 },
  ],
};

/** Resources by name, in the order of creation. */
export type Name = "mesh" | "watched" | "device" | Service | Flow;
type Service = "ids" | "farm" | "inline" | "far" | "outside";
/** A flow is named after the VM it taps. */
export type Flow = "web" | "db" | "big" | "east" | "out" | "app" | "near" | "side";

const TUNNELS = {
  mesh: { hosts: ["host1", "host2"], mode: "mesh" },
  watched: { hosts: ["host1", "host3"], bfd: true, tos: 8 },
};
const DEVICE = { host: "host2", mac: "02:00:00:00:00:77", mtu: 1400 };
const SERVICES: Record<Service, Record<string, unknown>> = {
  ids: { host: "host2", port: "tap-ids" },
  farm: { host: "host2", ports: ["tap-s1", "tap-s2"], distribution: "hash" },
  inline: { host: "host2", port: "tap-inline", attachment: "integration-bridge" },
  far: { host: "host3", port: "tap-ids3" },
  outside: { collector: { address: "192.0.2.200", type: "gre" } },
};
/** Within what Open vSwitch counts ahead, and after the tests. */
const SOON = new Date(Date.now() + 10 * 3_600_000).toISOString();
const HTTPS = { action: "accept", protocol: "tcp", destinationPort: 443 };
/** A flow: its service, and the tunnel that it names, if any. */
interface Tap {
  to: Service;
  by?: keyof typeof TUNNELS;
  host: string;
  [option: string]: unknown;
}
const FLOWS: Record<Flow, Tap> = {
  web: { to: "ids", host: "host1", filter: [HTTPS], rateLimit: { packetsPerSecond: 1000 } },
  db: { to: "inline", host: "host1", transport: "shared" },
  big: { to: "farm", host: "host1", snapLength: 96 },
  east: { to: "far", host: "host1", by: "watched", filter: "tcp port 443 or udp" },
  out: { to: "outside", host: "host1", direction: "ingress" },
  app: { to: "far", host: "host2" },
  near: { to: "farm", host: "host2", snapLength: 128, sampling: { oneIn: 4 }, until: SOON },
  side: { to: "inline", host: "host2", snapLength: 64 },
};

/** Makes one of everything on three hosts. `hosts`: how these are reached, as a stack configures it. */
export async function createEstate(lab: Lab, hosts: Readonly<Record<string, unknown>> = {}): Promise<Kept> {
  const kept = new Kept(new Driver(lab, undefined, { hosts }));
  for (const [name, args] of Object.entries(TUNNELS)) await kept.keep("MirrorTunnel", name, args);
  await kept.keep("MonitorPort", "device", DEVICE);
  for (const [name, args] of Object.entries(SERVICES)) await kept.keep("TapService", name, args);
  for (const [name, { to, by, ...rest }] of Object.entries(FLOWS)) {
    const tunnel = by === undefined ? {} : { tunnel: kept.get(by).outputs.ref };
    const service = kept.get(to).outputs.ref;
    await kept.keep("TapFlow", name, { service, port: `tap-${name}`, ...tunnel, ...rest });
  }
  return kept;
}
