import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import type { Collector } from "../../lab/collector";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import type { Vm } from "../../lab/vm";
import { expectFrames, learn, received, unicast } from "../copies/traffic";
import { decapsulateAll } from "./encapsulation";

describe("several services that send to one collector", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let collector: Collector;
  let clean: HostSnapshot;
  let web: Vm;
  let db: Vm;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1, mtu: 1_400 },
        { name: "db", host: 1, mtu: 1_400 },
      ],
    });
    collector = await lab.addCollector();
    driver = new Driver(lab);
    [web, db] = [lab.vm("web"), lab.vm("db")];
    clean = await lab.host(1).snapshot();
  });
  after(() => lab?.stop());
  afterEach(async () => {
    await driver.destroy();
    expect(diffSnapshots(clean, await lab.host(1).snapshot())).to.deep.equal([]);
  });

  function serve(name: string, args: object): Promise<Made> {
    return driver.service(name, { collector: { address: collector.address, ...args } });
  }

  function tap(name: string, service: Made, args: object = {}): Promise<Made> {
    return driver.flow(name, service, { host: "host1", port: "tap-web", direction: "egress", ...args });
  }

  const tunnels = async () =>
    (await lab.host(1).ovs("ovs-vsctl list-ports br-tap"))
      .split("\n")
      .filter((name) => name.startsWith("mv-"));

  /** What the collector gets of frames that web sends, by key. */
  async function collected(
    frames: readonly Buffer[],
    ports: Record<number, "vxlan" | "geneve"> = {},
  ): Promise<Map<string, Buffer[]>> {
    await learn([web, db]);
    const capture = await collector.capture();
    await received([db], () => web.send(frames), [frames.length]);
    const byKey = new Map<string, Buffer[]>();
    for (const { kind, key, frame } of decapsulateAll(await capture.stop(), ports)) {
      const name = `${kind} ${key}`;
      byKey.set(name, [...(byKey.get(name) ?? []), frame]);
    }
    return byKey;
  }

  it("share its tunnel by keys of their own, while one of them needs it", async () => {
    const first = await tap("first", await serve("one", { type: "erspan", key: 1 }));
    await tap("second", await serve("two", { type: "erspan", key: 2 }), { snapLength: 60 });
    expect(await tunnels()).to.have.length(1);
    const frames = unicast(web, db);
    const both = await collected(frames);
    expect([...both.keys()].sort()).to.deep.equal(["erspan1 1", "erspan1 2"]);
    expectFrames(both.get("erspan1 1")!, frames);
    expectFrames(
      both.get("erspan1 2")!,
      frames.map((frame) => frame.subarray(0, 60)),
    );
    await driver.delete(first);
    expect(await tunnels()).to.have.length(1);
    expect([...(await collected(frames)).keys()]).to.deep.equal(["erspan1 2"]);
  });

  it("may use different tunnels to it", async () => {
    await tap("gre", await serve("gre", { type: "gre", key: 1 }));
    await tap("erspan", await serve("erspan", { type: "erspan", key: 1 }));
    await tap("vxlan", await serve("vxlan", { type: "vxlan", key: 1 }));
    await tap("geneve", await serve("geneve", { type: "geneve", key: 1 }));
    const frames = unicast(web, db);
    const all = await collected(frames);
    expect([...all.keys()].sort()).to.deep.equal(["erspan1 1", "geneve 1", "gre 1", "vxlan 1"]);
    for (const copies of all.values()) expectFrames(copies, frames);
  });

  const changes = [
    {
      what: "its type on one UDP port",
      from: { type: "vxlan", udpPort: 14_789 },
      to: { type: "geneve", udpPort: 14_789 },
      seen: ["geneve 1", "vxlan 1"],
    },
    {
      what: "its version of ERSPAN",
      from: { type: "erspan" },
      to: { type: "erspan", erspanVersion: 2 },
      seen: ["erspan2 1", "erspan1 1"],
    },
  ];
  for (const { what, from, to, seen } of changes) {
    it(`follow one that changes ${what}, one after the other`, async () => {
      const service = await serve("one", { ...from, key: 1 });
      const flows = [await tap("first", service), await tap("second", service, { snapLength: 60 })];
      for (const [index, args] of [to, from].entries()) {
        const asked = { ...args, key: 1, address: collector.address };
        await driver.update(service, { collector: asked });
        for (const flow of flows) {
          await driver.update(flow, { ...flow.inputs, service: service.outputs.ref });
          expect(await tunnels()).to.have.length(1);
          const all = await collected(unicast(web, db), { 14789: args.type as "vxlan" });
          expect([...all.keys()]).to.deep.equal([seen[index]]);
          expect([...all.values()].flat()).to.have.length(2 * unicast(web, db).length);
        }
      }
    });
  }

  const clashes = [
    {
      what: "both versions of ERSPAN, which one tunnel cannot have",
      first: { type: "erspan" },
      second: { type: "erspan", erspanVersion: 2 },
      reason:
        /tunnel erspan version 2 192\.0\.2\.11 -> 192\.0\.2\.200 cannot coexist with erspan version 1 .*, which is for \S+first: /,
    },
    {
      what: "VXLAN and Geneve on one UDP port",
      first: { type: "vxlan", udpPort: 5_000 },
      second: { type: "geneve", udpPort: 5_000 },
      reason:
        /tunnel geneve UDP port 5000 .* cannot coexist with vxlan UDP port 5000 .*, which is for \S+first: /,
    },
  ];
  for (const { what, first, second, reason } of clashes) {
    it(`are refused ${what}, before anything is written`, async () => {
      await tap("first", await serve("one", first));
      const start = await lab.host(1).snapshot();
      const outcome = await tap("second", await serve("two", second)).then(() => "made", String);
      expect(outcome).to.match(reason);
      expect(diffSnapshots(start, await lab.host(1).snapshot())).to.deep.equal([]);
    });
  }

  it("are refused one key in one tunnel, because the collector could not tell them apart", async () => {
    // 1 + id mod 1023 is the same for both.
    await tap(
      "first",
      await driver.service("one", { collector: { address: collector.address, type: "erspan" }, tunnelId: 5 }),
    );
    const two = await driver.service("two", {
      collector: { address: collector.address, type: "erspan" },
      tunnelId: 1_028,
    });
    const start = await lab.host(1).snapshot();
    const outcome = await tap("second", two).then(() => "made", String);
    expect(outcome).to.match(
      /copies for \S+\/two and for \S+\/one would have the same key, 6, in erspan version 1 /,
    );
    expect(diffSnapshots(start, await lab.host(1).snapshot())).to.deep.equal([]);
    await tap("second", await serve("three", { type: "erspan", key: 7 }));
  });

  it("get copies by VXLAN on 4789 beside production's flow-based VXLAN, which stays as it is", async () => {
    const flowBased = "type=vxlan options:remote_ip=flow options:key=flow";
    await lab.host(1).ovs(`ovs-vsctl add-port br-tun pro0 -- set Interface pro0 ${flowBased}`);
    const before = await lab.host(1).snapshot();
    await tap("web", await serve("one", { type: "vxlan", key: 1 }));
    const frames = unicast(web, db);
    const copies = await collected(frames);
    expect([...copies.keys()]).to.deep.equal(["vxlan 1"]);
    expectFrames(copies.get("vxlan 1")!, frames);
    const errors = await lab.host(1).ovs("ovs-vsctl --columns=name,error find Interface error!=[]");
    expect(errors).to.equal("");
    // What the collector's machine sends to production under any key of its own still goes to production's port.
    const arrival = `tunnel(tun_id=0x3ea,src=${collector.address},dst=192.0.2.11,ttl=64,tp_dst=4789,flags(key))`;
    const traced = await lab.host(1).ovs(
      `port=$(ovs-appctl dpctl/show | sed -n 's/.*port \\([0-9]*\\): vxlan_sys_4789.*/\\1/p')
ovs-appctl ofproto/trace ovs-netdev "${arrival},in_port($port),packet_type(ns=0,id=0),eth(),eth_type(0x800),ipv4()"`,
    );
    expect(traced)
      .to.match(/bridge\("br-tun"\)/)
      .and.not.match(/bridge\("br-tap"\)/);
    await driver.destroy();
    expect(diffSnapshots(before, await lab.host(1).snapshot())).to.deep.equal([]);
    await lab.host(1).ovs("ovs-vsctl del-port pro0");
  });

  const type = "use another type of collector";
  const noPorts = `GRE and ERSPAN have no ports to tell tunnels apart: ${type}`;
  const otherPort = `Let the collector listen on another UDP port and set udpPort to it, or ${type}`;
  const production = [
    { what: "GRE", set: "type=gre options:key=flow", args: { type: "gre" }, advice: noPorts },
    {
      what: "ERSPAN",
      set: "type=erspan options:key=9 options:erspan_ver=1 options:erspan_idx=0",
      args: { type: "erspan" },
      advice: noPorts,
    },
    { what: "VXLAN", set: "type=vxlan options:key=flow", args: { type: "vxlan" }, advice: otherPort },
    { what: "Geneve", set: "type=geneve options:key=flow", args: { type: "geneve" }, advice: otherPort },
  ];
  for (const { what, set, args, advice } of production) {
    it(`are refused ${what} if production has such a tunnel to it, and production's stays as it is`, async () => {
      const port = `ovs-vsctl add-port br-tun pro0 -- set Interface pro0 ${set}`;
      await lab.host(1).ovs(`${port} options:local_ip=192.0.2.11 options:remote_ip=${collector.address}`);
      const start = await lab.host(1).snapshot();
      const outcome = await tap("web", await serve("one", args)).then(() => "made", String);
      expect(outcome).to.match(/^TaasError: host host1: mirror tunnel .* overlaps tunnel port pro0 \(/);
      // What fits a MirrorTunnel, such as another localIps, is no advice for a collector.
      expect(outcome).to.match(new RegExp(`, which is not ours\\. ${advice}$`));
      expect(diffSnapshots(start, await lab.host(1).snapshot())).to.deep.equal([]);
      await lab.host(1).ovs("ovs-vsctl del-port pro0");
    });
  }
});
