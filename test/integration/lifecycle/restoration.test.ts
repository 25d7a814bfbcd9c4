import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { DATAPATH } from "../../lab/datapath";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import { sampleOf } from "../../sample";

/** What other people have on a host: Mirrors, flows, ports, groups, settings, a number asked for. */
const FOREIGN = `
ovs-vsctl set Bridge br-int external_ids:taas-lookalike=1 external_ids:"taas:x"=y other_config:mac-aging-time=900
ovs-vsctl add-port br-int acl -- set Interface acl type=internal -- set Port acl external_ids:owner=acl
ovs-vsctl -- --id=@out get Port acl -- --id=@m create Mirror name=acl select_all=true output_port=@out \
  external_ids:owner=acl -- add Bridge br-int mirrors @m
ovs-ofctl add-flow br-int 'cookie=0x7a6fffffffffffff,table=0,priority=65535,dl_vlan=4000,actions=drop'
ovs-ofctl add-flow br-int 'cookie=0x7a71000000000000,table=60,priority=5,actions=NORMAL'
ovs-ofctl -O OpenFlow13 add-group br-int 'group_id=7,type=all,bucket=output:1'
ovs-ofctl -O OpenFlow13 add-meter br-tun 'meter=7,pktps,bands=type=drop,rate=5'
ovs-vsctl add-br br-ex -- set Bridge br-ex datapath_type=${DATAPATH} external_ids:taas=1
ovs-vsctl add-port br-int labelled -- set Interface labelled type=internal -- set Port labelled external_ids:taas=1 \
  -- set Port acl external_ids:taas=yes -- set Mirror acl external_ids:taas=manual`;

describe("a host after the last resource was deleted", () => {
  let lab: Lab;
  let driver: Driver;
  let origin: HostSnapshot[];

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "trunk", host: 1, trunk: [10, 20] },
      { name: "ids1", host: 1 },
      { name: "ids2", host: 2 },
      { name: "wide", host: 2, trunk: [] },
      { name: "app", host: 2, vlan: 20 },
      { name: "far", host: 3, vlan: 30 },
    ];
    lab = await startLab({ hosts: 3, vms });
    for (const host of lab.hosts) await host.ovs(FOREIGN);
    await lab
      .host(1)
      .ovs("ovs-vsctl set Interface tap-web ofport_request=42 -- set Interface tap-ids1 ofport_request=43");
    await lab.host(2).ovs("ovs-vsctl set Port tap-wide vlan_mode=native-tagged tag=20 trunks=20,30");
  });

  after(() => lab.stop());

  const snapshots = () => Promise.all(lab.hosts.map((host) => host.snapshot()));
  const differences = async () => (await snapshots()).map((now, index) => diffSnapshots(origin[index]!, now));

  beforeEach(async () => {
    driver = new Driver(lab);
    origin = await snapshots();
  });

  const service = (name: string, host: string, args: Record<string, unknown> = {}) =>
    driver.service(name, { host, port: `tap-${name}`, ...args });
  const inline = { attachment: "integration-bridge" };

  /** Everything taps everything it may, on its own host and on others. */
  async function taps(...services: Made[]): Promise<void> {
    await Promise.all(
      services.flatMap((one) => [
        driver.flow(`web-${one.name}`, one, { host: "host1", port: "tap-web" }),
        driver.flow(`trunk-${one.name}`, one, {
          host: "host1-alias",
          port: "tap-trunk",
          direction: "ingress",
        }),
        driver.flow(`app-${one.name}`, one, { host: "host2", port: "tap-app", direction: "egress" }),
        driver.flow(`far-${one.name}`, one, { host: "host3", port: "tap-far" }),
      ]),
    );
  }

  const lives: Record<string, () => Promise<unknown>> = {
    "a service that nobody used": () => service("ids2", "host2"),
    "a monitor that had asked for its number": () => service("ids1", "host1"),
    "a monitor with VLAN settings": () => service("wide", "host2"),
    "a service on the integration bridge": () => service("ids2", "host2", inline),
    "flows, local and remote": async () => taps(await service("ids2", "host2")),
    "flows to the integration bridge": async () => taps(await service("ids1", "host1", inline)),
    "services on both hosts, both ways": async () =>
      taps(
        await service("ids1", "host1"),
        await service("ids2", "host2", inline),
        await service("wide", "host2"),
      ),
    "tunnels without flows": async () => {
      await driver.tunnel("pair", { hosts: ["host1", "host2"], udpPort: 15000, dontFragment: false });
      await driver.tunnel("gre", { hosts: ["host3", "host2"], type: "gre" });
      await driver.tunnel("mesh", { hosts: ["host3", "host2", "host1"], mode: "mesh", type: "geneve" });
    },
    "several monitors of one service": async () =>
      taps(await driver.service("many", { host: "host2", ports: ["tap-ids2", "tap-wide"] })),
    "a collector outside": async () =>
      taps(await driver.service("out", { collector: { address: "192.0.2.200", type: "erspan" } })),
    "flows over production's tunnels": async () => {
      const ids = await service("ids2", "host2");
      await driver.flow("web", ids, { host: "host1", port: "tap-web", transport: "shared", snapLength: 64 });
      await driver.flow("far", ids, { host: "host3", port: "tap-far", transport: "shared" });
    },
    "caps, filters and slices": async () => {
      const ids = await service("ids2", "host2");
      const filter = [{ action: "accept", protocol: "tcp", destinationPort: "1-1023", snapLength: 96 }];
      const treated = { filter, rateLimit: { kbps: 9000 } };
      await driver.flow("web", ids, { host: "host1", port: "tap-web", ...treated });
      await driver.flow("app", ids, { host: "host2", port: "tap-app", ...treated });
    },
    "bridges of other names": async () => {
      const at = (address: string) => ({ address, tapBridge: "br-copies" });
      const ids = await driver.service("ids", { host: at("host2"), port: "tap-ids2" });
      await driver.flow("web", ids, { host: at("host1"), port: "tap-web" });
      await driver.tunnel("way", { hosts: [at("host1"), at("host2")], udpPort: 15000 });
    },
    "tunnels with flows": async () => {
      await taps(await service("ids2", "host2"));
      await driver.tunnel("pair", { hosts: ["host1", "host2"], udpPort: 15000 });
      await driver.tunnel("mesh", { hosts: ["host3", "host2", "host1"], mode: "mesh" });
    },
  };

  for (const [life, live] of sampleOf(Object.entries(lives), 7)) {
    it(`is as it was before ${life}`, async () => {
      await live();
      expect((await differences()).flat()).not.to.deep.equal([]);
      await driver.destroy();
      expect(await differences()).to.deep.equal([[], [], []]);
    });
  }

  it("is as it was after everything was changed in between", async () => {
    const ids = await service("ids2", "host2");
    const flow = await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    await driver.update(ids, { host: "host2", port: "tap-wide" });
    await driver.update(flow, { service: ids.outputs.ref, host: "host3", port: "tap-far" });
    await driver.update(ids, { host: "host2", ports: ["tap-ids2", "tap-wide"] });
    await driver.update(ids, { host: "host2", ports: ["tap-wide", "tap-ids2"], distribution: "failover" });
    await driver.update(ids, { host: "host2", port: "tap-wide", ...inline });
    await driver.update(flow, { service: ids.outputs.ref, host: "host2", port: "tap-app" });
    await driver.update(ids, { host: "host2", port: "tap-ids2" });
    expect((await differences())[0]).to.deep.equal([]);
    await driver.destroy();
    expect(await differences()).to.deep.equal([[], [], []]);
  });

  it("keeps what others changed on it meanwhile", async () => {
    await taps(await service("ids1", "host1"), await service("ids2", "host2", inline));
    const late = await lab.addVm({ name: "late", host: 1 });
    await lab.host(1).ovs(`
ovs-vsctl set Bridge br-int external_ids:late=1 -- --id=@m create Mirror name=late -- add Bridge br-int mirrors @m
ovs-ofctl add-flow br-int 'cookie=0x1,table=7,priority=9,actions=drop'`);
    await driver.destroy();
    const [first, ...others] = await differences();
    expect(others).to.deep.equal([[], []]);
    expect(first).to.have.length.greaterThan(3);
    await late.unplug();
    await lab.host(1).ovs(`
ovs-vsctl remove Bridge br-int external_ids late -- --id=@m get Mirror late -- remove Bridge br-int mirrors @m
ovs-ofctl --strict del-flows br-int 'cookie=0x1/-1,table=7,priority=9'
ip link delete tap-late`);
    expect((await differences())[0]).to.deep.equal([]);
  });

  it("has a port under another number if its own was assigned to another port, as after a restart, and says so", async () => {
    const value = async (column: string) =>
      (await lab.host(2).ovs(`ovs-vsctl get Interface ${column}`)).trim();
    const number = await value("tap-app ofport");
    const home = origin[1]!.tables.Interface!;
    const ofport = Object.values(home).find((row) => row.name === "tap-ids2")!.ofport;
    await lab.host(2).ovs(`ovs-vsctl set Interface tap-ids2 ofport_request=${ofport}`);
    const ids = await service("ids2", "host2");
    await lab.host(2).ovs(`
ovs-vsctl --timeout=5 set Interface tap-app ofport_request=${ofport}
ovs-vsctl --timeout=5 clear Interface tap-app ofport_request`);
    await driver.delete(ids);
    expect(await value("tap-app ofport"), "the number stays with the port that has it").to.equal(
      String(ofport),
    );
    expect(driver.warnings).to.deep.equal([
      `host host2: port tap-ids2 is back on br-int as OpenFlow port ${await value("tap-ids2 ofport")}: its number ${ofport} was assigned to another port meanwhile`,
    ]);
    expect(await value("tap-ids2 ofport_request"), "a number is only borrowed").to.equal("[]");
    const restore = (port: string, request: unknown) => `
ovs-vsctl set Interface ${port} ofport_request=${request}
ovs-vsctl clear Interface ${port} ofport_request`;
    await lab.host(2).ovs(restore("tap-app", number) + restore("tap-ids2", ofport));
    expect(await differences()).to.deep.equal([[], [], []]);
  });
});
