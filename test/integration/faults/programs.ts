import type { Wanted } from "./stack";

/** VMs of the hosts that the programs are for. */
export const VMS = [
  { name: "web", host: 1 },
  { name: "db", host: 1 },
  { name: "app", host: 2 },
  { name: "ids", host: 2 },
  { name: "sensor", host: 2 },
  { name: "ids3", host: 3 },
  { name: "web3", host: 3 },
  { name: "east", host: 1 },
  { name: "west", host: 2 },
];

const service = (name: string, args: object): Wanted => ({ kind: "TapService", name, args: { ...args } });
const flow = (name: string, to: string, args: object): Wanted => ({
  kind: "TapFlow",
  name,
  args: { service: { ref: to }, ...args },
});

const way = (hosts: string[], more: object = {}): Wanted => ({
  kind: "MirrorTunnel",
  name: "way",
  args: { hosts, mode: "mesh", ...more },
});
const ids = service("ids", { host: "host2", port: "tap-ids" });
const sensor = service("sensor", {
  host: "host2",
  port: "tap-sensor",
  attachment: "integration-bridge",
});

const device = (host: string, more: object = {}): Wanted => ({
  kind: "MonitorPort",
  name: "device",
  args: { host, mac: "02:00:00:00:00:77", ...more },
});
const probe = (host: string) => service("probe", { host, port: { ref: "device" } });

/** One of everything: both attachments, across hosts and within one, capped, shared and dedicated. */
export const first: Wanted[] = [
  way(["host1", "host2"]),
  ids,
  sensor,
  device("host2"),
  probe("host2"),
  flow("web", "ids", { host: "host1", port: "tap-web", rateLimit: { packetsPerSecond: 1000 } }),
  flow("app", "ids", {
    host: "host2",
    ports: { name: "tap-*", except: ["tap-west"] },
    sampling: { oneIn: 2 },
    until: "2099-12-31T00:00:00Z",
  }),
  flow("db", "sensor", { host: "host1", port: "tap-db", transport: "shared" }),
];

/** Everything changes in place; one flow's source moves, the tunnel gets a member. */
export const changed: Wanted[] = [
  way(["host1", "host2", "host3"]),
  service("ids", { host: "host2", port: "tap-ids", attachment: "integration-bridge" }),
  service("sensor", { host: "host2", port: "tap-sensor" }),
  device("host2", { mtu: 1400 }),
  probe("host2"),
  flow("web", "ids", { host: "host3", port: "tap-web3" }),
  flow("app", "ids", { host: "host2", port: "tap-app", direction: "egress" }),
  flow("db", "sensor", { host: "host1", port: "tap-db" }),
];

/** A service goes to another host, another is called by another name of its host. */
export const replaced: Wanted[] = [
  way(["host1", "host2"]),
  service("ids", { host: "host3", port: "tap-ids3" }),
  service("sensor", { host: "host2-alias", port: "tap-sensor", attachment: "integration-bridge" }),
  device("host3"),
  probe("host3"),
  ...first.slice(5),
];
