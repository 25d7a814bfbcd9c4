import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { expectRefused, failureOf, unchanged } from "./refused";

describe("mirror tunnels that are refused", () => {
  let lab: Lab;
  let driver: Driver;

  before(async () => {
    lab = await startLab({
      hosts: 3,
      vms: [
        { name: "web", host: 1 },
        { name: "ids", host: 2 },
        { name: "far", host: 3 },
        { name: "ids3", host: 3 },
      ],
    });
  });

  after(() => lab.stop());

  beforeEach(() => {
    driver = new Driver(lab);
  });

  afterEach(() => driver.destroy());

  const refused = (work: () => Promise<unknown>, refusal: Parameters<typeof expectRefused>[2]) =>
    expectRefused(lab.hosts, work, refusal);
  const pair = (name: string, args: Record<string, unknown> = {}, hosts: unknown[] = ["host1", "host2"]) =>
    driver.tunnel(name, { hosts, ...args });
  const service = () => driver.service("ids", { host: "host2", port: "tap-ids" });
  const flow = (ids: Made, args: Record<string, unknown> = {}) =>
    driver.flow("web", ids, { host: "host1", port: "tap-web", ...args });

  it("refuses a UDP port that production's tunnels own, with and without flows", async () => {
    const clash = {
      code: "tunnel-clash",
      says: /vxlan UDP port 4789 192\.0\.2\.1\d -> 192\.0\.2\.1\d overlaps tunnel port vxlan-c000020\w \(vxlan\), which is not ours/,
      hint: /another udpPort/,
    };
    await refused(() => pair("taken", { udpPort: 4789 }), { ...clash, host: "host1" });
    await refused(
      () => driver.tunnel("mesh", { hosts: ["host1", "host2", "host3"], mode: "mesh", udpPort: 4789 }),
      {
        ...clash,
        host: "host1",
        says: /vxlan UDP port 4789 192\.0\.2\.11 -> any member overlaps/,
      },
    );
  });

  it("refuses another encapsulation on production's UDP port", () =>
    refused(() => pair("geneve", { type: "geneve", udpPort: 4789 }), {
      code: "tunnel-clash",
      host: "host1",
      says: /geneve UDP port 4789/,
      hint: /another udpPort/,
    }));

  it("refuses GRE where production has a GRE tunnel to the same machine, and only there", async () => {
    const add = "ovs-vsctl add-port br-tun gre0 -- set Interface gre0 type=gre options:local_ip=192.0.2.11";
    await lab.host(1).ovs(`${add} options:remote_ip=192.0.2.12 options:key=flow`);
    try {
      await refused(() => pair("gre", { type: "gre" }), {
        code: "tunnel-clash",
        host: "host1",
        says: /gre 192\.0\.2\.11 -> 192\.0\.2\.12 overlaps tunnel port gre0 \(gre\)/,
        hint: /no ports to tell tunnels apart: use vxlan or geneve/,
      });
      await pair("elsewhere", { type: "gre" }, ["host1", "host3"]);
    } finally {
      await lab.host(1).ovs("ovs-vsctl del-port gre0");
    }
  });

  it("refuses a production tunnel that is created later, and leaves it alone", async () => {
    const ids = await service();
    await lab
      .host(2)
      .ovs(
        "ovs-vsctl add-port br-tun late -- set Interface late type=vxlan options:remote_ip=flow options:dst_port=14789",
      );
    try {
      await refused(() => flow(ids), {
        code: "tunnel-clash",
        host: "host2",
        says: /vxlan UDP port 14789 192\.0\.2\.12 -> 192\.0\.2\.11 overlaps tunnel port late/,
        hint: /udpPort or other localIps in a MirrorTunnel/,
      });
      const way = await pair("way", { udpPort: 14790 });
      const web = await flow(ids, { tunnel: way.outputs.ref });
      expect(web.outputs.status).to.equal("active");
    } finally {
      await driver.destroy();
      await lab.host(2).ovs("ovs-vsctl del-port late");
    }
  });

  it("refuses an underlay address that no device has, from either side and either argument", async () => {
    await refused(() => pair("wrong", { localIps: ["192.0.2.11", "192.0.2.99"] }), {
      code: "tunnel-address-missing",
      host: "host2",
      says: /no device has the tunnel address 192\.0\.2\.99 \(addresses: .*192\.0\.2\.12/,
      hint: /tunnelIp or the MirrorTunnel's localIps/,
    });
    const ids = await service();
    const host = { address: "host1", tunnelIp: "192.0.2.98" };
    await refused(() => flow(ids, { host }), {
      code: "tunnel-address-missing",
      host: "host1",
      says: /192\.0\.2\.98/,
      hint: /tunnelIp/,
    });
  });

  it("refuses two names of one machine", () =>
    refused(() => pair("self", {}, ["host1", "host1-alias"]), {
      code: "same-machine",
      host: "host1-alias",
      says: /host1 and host1-alias are the same machine/,
      hint: /name each machine once/,
    }));

  it("names both tunnels when they are the same on the wire and ask for different options", async () => {
    await pair("first", { tos: 8 });
    await refused(() => pair("second", { dontFragment: false }), {
      code: "tunnel-options-differ",
      host: "host1",
      says: /MirrorTunnel\/first \(dontFragment=true, tos=8.*MirrorTunnel\/second \(dontFragment=false/,
      hint: /same options/,
    });
    await refused(() => pair("third", { tos: 8, dontFragment: false }, ["host2", "host1"]), {
      code: "tunnel-options-differ",
      host: "host2",
      says: /first.*third/,
      hint: /another udpPort/,
    });
  });

  it("keeps a tunnel as it is when its update is refused", async () => {
    const way = await pair("way", { udpPort: 15000 });
    const ids = await service();
    await flow(ids);
    await refused(() => driver.update(way, { hosts: ["host1", "host2"], udpPort: 4789 }), {
      code: "tunnel-clash",
      host: "host1",
      says: /4789/,
      hint: /another udpPort/,
    });
  });

  it("lets a tunnel that production now overlaps be changed and deleted", async () => {
    const [hosts, add] = [
      ["host1", "host2"],
      "ovs-vsctl add-port br-tun late -- set Interface late type=vxlan",
    ];
    const [moved, gone] = [await pair("moved", { udpPort: 15000 }), await pair("gone", { udpPort: 15001 })];
    const ids = await service();
    await flow(ids);
    try {
      for (const [way, port] of [
        [moved, 15000],
        [gone, 15001],
      ] as const) {
        await lab.host(2).ovs(`${add} options:remote_ip=flow options:dst_port=${port}`);
        if (way === moved) await driver.update(moved, { hosts, udpPort: 15002 });
        else await driver.delete(gone);
        await lab.host(2).ovs("ovs-vsctl del-port late");
      }
    } finally {
      await lab.host(2).ovs("ovs-vsctl --if-exists del-port late");
    }
    expect(moved.outputs.status).to.equal("active");
  });

  it("requires the address if a host does not provide one", async () => {
    const { ovs } = { ovs: (line: string) => lab.host(3).ovs(line) };
    const tunnels = await ovs("ovs-vsctl --bare --columns=name find Interface type=vxlan");
    const names = tunnels.split(/\s+/).filter(Boolean);
    await ovs(names.map((name) => `ovs-vsctl remove Interface ${name} options local_ip`).join("\n"));
    const between = () => pair("nowhere", {}, ["host1", "host3"]);
    try {
      await refused(between, {
        code: "tunnel-ip-unknown",
        host: "host3",
        says: /its underlay address is unknown/,
        hint: /Set the host's tunnelIp, or localIps/,
      });
      await pair("said", { localIps: ["192.0.2.11", "192.0.2.13"] }, ["host1", "host3"]);
    } finally {
      await ovs(
        names.map((name) => `ovs-vsctl set Interface ${name} options:local_ip=192.0.2.13`).join("\n"),
      );
    }
  });

  it("refuses a flow whose explicit tunnel does not reach its monitor, before contacting any host", async () => {
    const ids = await service();
    const elsewhere = await pair("elsewhere", {}, ["host1", "host3"]);
    const error = await unchanged(lab.hosts, () => failureOf(flow(ids, { tunnel: elsewhere.outputs.ref })));
    expect((error as Error).message).to.match(/tunnel: .*elsewhere has the hosts host1, host3, not host2/);
  });

  it("refuses a flow whose port or monitor is on a candidate that its explicit tunnel does not reach", async () => {
    const ids = await service();
    const ids3 = await driver.service("ids3", { hosts: ["host2", "host3"], port: "tap-ids3" });
    const tunnel = (await pair("way", { udpPort: 15000 })).outputs.ref;
    const refusal = {
      code: "tunnel-member-missing",
      host: "host3",
      says: /mirror tunnel \S+\/way has the hosts host1, host2, not host3$/,
      hint: /Give the MirrorTunnel this host too/,
    };
    const candidates = { host: undefined, hosts: ["host1", "host3"] };
    await refused(() => flow(ids, { ...candidates, port: "tap-far", tunnel }), refusal);
    await refused(() => flow(ids3, { tunnel }), refusal);
    const local = await driver.flow("far", ids3, { hosts: ["host1", "host3"], port: "tap-far", tunnel });
    expect(local.outputs.status, "not needed on one machine").to.equal("active");
    const web = await flow(ids, { host: undefined, hosts: ["host1-alias", "host3", "host1"], tunnel });
    expect(web.outputs.status, "a member by another of its names").to.equal("active");
  });
});
