import timers from "node:timers/promises";
import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { DATAPATH } from "../../lab/datapath";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import type { Vm } from "../../lab/vm";
import { expectFrames, flooded, learn, received, unicast } from "../copies/traffic";
import { carriedOnPort, learnUnderlay, watchUnderlay } from "../copies/underlay";

/** Where production's tunnels and ours are. */
const [PRODUCTION, OURS] = [4_789, 14_789];

/** Milliseconds of a stream after a change, in which a gap would show. */
const MARGIN = 100;

describe("copies over production tunnels", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let clean: HostSnapshot[];
  let service: Made;
  let vm: Record<"web" | "db" | "trunk" | "far" | "mon3" | "mon4", Vm>;
  const source = { host: "host1", port: "tap-web", transport: "shared" };

  before(async () => {
    lab = await startLab({
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1 },
        { name: "trunk", host: 1, trunk: [10] },
        { name: "far", host: 2 },
        { name: "mon3", host: 3 },
        { name: "mon4", host: 3, vlan: 20 },
      ],
    });
    await learnUnderlay(lab);
    driver = new Driver(lab);
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
    clean = await Promise.all(lab.hosts.map((host) => host.snapshot()));
  });
  after(() => lab?.stop());
  beforeEach(async () => {
    service = await driver.service("ids", { host: "host3", port: "tap-mon3" });
  });
  afterEach(async () => {
    await driver.destroy();
    for (const [index, host] of lab.hosts.entries()) {
      expect(diffSnapshots(clean[index]!, await host.snapshot())).to.deep.equal([]);
    }
  });

  /** What is new in a host's `br-tun` since the lab was started. */
  async function added(index: number): Promise<string[]> {
    const now = await lab.host(index).snapshot();
    const before = clean[index - 1]!.bridges["br-tun"]!.flows;
    expect(now.bridges["br-tun"]!.flows).to.include.members(before);
    return now.bridges["br-tun"]!.flows.filter((flow) => !before.includes(flow));
  }

  it("arrive byte for byte with the service's id through the one tunnel, and production through its own as ever", async () => {
    await driver.flow("web", service, source);
    await learn([vm.web, vm.db, vm.far]);
    const near = [...unicast(vm.web, vm.db), ...unicast(vm.db, vm.web)];
    const out = [...unicast(vm.web, vm.far), ...flooded(vm.web)];
    const back = unicast(vm.far, vm.web);
    let at: Buffer[][] = [];
    const send = async () => {
      await vm.web.send([...near.slice(0, near.length / 2), ...out]);
      await vm.db.send(near.slice(near.length / 2));
      await vm.far.send(back);
    };
    const counts = [near.length + out.length + back.length, out.length];
    const underlay = await watchUnderlay(lab, async () => {
      at = await received([vm.mon3, vm.far], send, counts);
    });
    expectFrames(at[0]!, [...near, ...out, ...back], "copies");
    expectFrames(at[1]!, out, "production");
    const id = service.outputs.tunnelId;
    for (const [index, capture] of underlay.entries()) {
      const copies = carriedOnPort(capture, PRODUCTION).filter(({ tunnelId }) => tunnelId === id);
      const ends = [lab.host(1).address, lab.host(3).address];
      expect(new Set(copies.map(({ from, to }) => `${from} ${to}`))).to.deep.equal(
        new Set(index === 1 ? [] : [ends.join(" ")]),
      );
      const frames = copies.map(({ frame }) => frame);
      expectFrames(frames, index === 1 ? [] : [...near, ...out, ...back], `card of host ${index + 1}`);
      expect(carriedOnPort(capture, OURS)).to.deep.equal([]);
    }
    const production = carriedOnPort(underlay[1]!, PRODUCTION).filter(({ tunnelId }) => tunnelId !== id);
    // The lab's br-tun sends everything to both other hosts.
    expectFrames(
      production.map(({ frame }) => frame),
      [...out, ...back, ...back],
      "production on the underlay",
    );
  });

  it("need one rule of ours in br-tun at each end, and none on any other host", async () => {
    await driver.flow("web", service, source);
    const [sends, none, receives] = await Promise.all([added(1), added(2), added(3)]);
    expect(none).to.deep.equal([]);
    expect(sends).to.have.length(1);
    expect(sends[0]).to.match(
      /cookie=0x7a70.*priority=65535,in_port=\d+ actions=set_field:0x[0-9a-f]+->tun_id,output:\d+$/,
    );
    expect(receives).to.have.length(1);
    expect(receives[0]).to.match(
      /cookie=0x7a70.*priority=65535,tun_id=0x[0-9a-f]+,in_port=\d+ actions=output:\d+$/,
    );
    await driver.flow("db", service, { ...source, port: "tap-db" });
    expect([await added(1), await added(3)].map((flows) => flows.length)).to.deep.equal([1, 1]);
  });

  it("arrive from several hosts into one service, and stay when one of these leaves", async () => {
    await driver.flow("web", service, { ...source, direction: "egress" });
    const far = await driver.flow("far", service, {
      ...source,
      host: "host2",
      port: "tap-far",
      direction: "egress",
    });
    await learn([vm.web, vm.db, vm.far]);
    const frames = [...unicast(vm.web, vm.far), ...unicast(vm.far, vm.web)];
    const send = async () => {
      await vm.web.send(frames.slice(0, frames.length / 2));
      await vm.far.send(frames.slice(frames.length / 2));
    };
    const [both] = await received([vm.mon3], send, [frames.length]);
    expectFrames(both!, frames);
    await driver.delete(far);
    await learn([vm.web, vm.db, vm.far]);
    const [one] = await received([vm.mon3], send, [frames.length / 2]);
    expectFrames(one!, frames.slice(0, frames.length / 2));
  });

  it("are truncated to their length, of which a service may have several, and production's frames are not", async () => {
    const filter = [{ action: "accept", protocol: "tcp", snapLength: 60 }, { action: "accept" }];
    await driver.flow("web", service, { ...source, filter, snapLength: 100 });
    await driver.flow("trunk", service, {
      ...source,
      port: "tap-trunk",
      snapLength: 62,
      direction: "egress",
    });
    await learn([vm.web, vm.db, vm.far]);
    await learn([vm.trunk], [10]);
    const frames = unicast(vm.web, vm.far);
    const tags = unicast(vm.trunk, vm.far, [10], 1_446);
    const isTcp = (frame: Buffer) =>
      (frame.readUInt16BE(12) === 0x0800 && frame.readUInt8(23) === 6) ||
      (frame.readUInt16BE(12) === 0x86dd && frame.readUInt8(20) === 6);
    const copies = frames.map((frame) => frame.subarray(0, isTcp(frame) ? 60 : 100));
    const send = async () => {
      await vm.web.send(frames);
      await vm.trunk.send(tags);
    };
    const count = frames.length + tags.length;
    const [at, far] = await received([vm.mon3, vm.far], send, [count, count]);
    expectFrames(at!, [...copies, ...tags.map((frame) => frame.subarray(0, 62))], "copies");
    const untagged = tags.map((frame) => Buffer.concat([frame.subarray(0, 12), frame.subarray(16)]));
    expectFrames(far!, [...frames, ...untagged], "production");
  });

  it("leave production whole when the other end is unreachable", async () => {
    await driver.flow("web", service, { ...source, snapLength: 60 });
    const neighbours = () => lab.host(1).ovs("ovs-appctl tnl/neigh/show");
    await lab.host(3).ovs("ip link set nic1 down");
    await lab.host(1).ovs("ovs-appctl tnl/neigh/flush");
    await learn([vm.web, vm.db]);
    const frames = unicast(vm.web, vm.db);
    const [at] = await received([vm.db], () => vm.web.send(frames), [frames.length]);
    expect(await neighbours()).not.to.contain(lab.host(3).nics[0]!.mac);
    await lab.host(3).ovs("ip link set nic1 up");
    const known = lab.hosts.slice(1).map(({ nics: [nic] }) => `br-phy ${nic!.address} ${nic!.mac}`);
    await lab.host(1).ovs(known.map((each) => `ovs-appctl tnl/neigh/set ${each}`).join("\n"));
    expectFrames(at!, frames);
  });

  /** Resolves when the package first waits for a time, as it does between two looks. */
  function firstPause(): Promise<void> {
    const { setTimeout: original } = timers;
    return new Promise((resolve) => {
      timers.setTimeout = ((...args: Parameters<typeof original>) => {
        timers.setTimeout = original;
        resolve();
        return original(...args);
      }) as typeof original;
    });
  }

  it("have not drifted while a writer has yet to write their rule", async () => {
    const flow = await driver.flow("web", service, source);
    const [rule] = await added(1);
    await lab.host(1).ovs("ovs-ofctl del-flows br-tun cookie=0x7a70000000000000/0xffff000000000000");
    expect(await added(1)).to.deep.equal([]);
    const pauses = firstPause();
    const reading = driver.read(flow);
    await pauses;
    await lab.host(1).ovs(`ovs-ofctl -O OpenFlow14 add-flow br-tun '${rule}'`);
    await reading;
    expect(flow.outputs.status).to.equal("active");
  });

  it("move to another service of the monitor's host without a loss, and never reach production's rules", async () => {
    const other = await driver.service("other", { host: "host3", port: "tap-mon4" });
    const flow = await driver.flow("web", service, { ...source, direction: "egress" });
    await learn([vm.web, vm.db]);
    const dropped = async () =>
      /n_packets=(\d+)/.exec(
        await lab.host(3).ovs("ovs-ofctl dump-flows br-tun table=4 | grep priority=0"),
      )![1];
    const before = await dropped();
    const watchers = [vm.mon3, vm.mon4];
    const stream = await lab.startStream({ from: vm.web, to: vm.db, watchers, pps: 200 });
    for (const next of [other, service, other])
      await driver.update(flow, { service: next.outputs.ref, ...source, direction: "egress" });
    const { sent, at } = await stream.stop();
    expect(at.mon3!.received + at.mon4!.received).to.equal(sent);
    expect([at.mon3, at.mon4].map((seen) => seen!.received > 0)).to.deep.equal([true, true]);
    expect(await dropped()).to.equal(before);
  });

  it("follow without a loss when their hosts name another tunnel bridge", async () => {
    const [here, there] = [lab.host(1), lab.host(3)];
    for (const [host, peer] of [
      [here, there],
      [there, here],
    ] as const) {
      await host.ovs(`
ovs-vsctl add-br br-tun2 -- set Bridge br-tun2 datapath_type=${DATAPATH} fail_mode=secure \\
  -- add-port br-tun2 vx2 -- set Interface vx2 type=vxlan options:key=flow options:dst_port=4799 \\
  options:local_ip=${host.address} options:remote_ip=${peer.address}`);
    }
    try {
      const flow = await driver.flow("web", service, { ...source, direction: "egress" });
      const named = (address: string) => ({ address, tunnelBridge: "br-tun2" });
      const next = new Driver(lab, undefined, { hosts: { host1: named("host1"), host3: named("host3") } });
      await learn([vm.web, vm.db]);
      const stream = await lab.startStream({ from: vm.web, to: vm.db, watchers: [vm.mon3], pps: 200 });
      await next.update(service, { host: "host3", port: "tap-mon3" });
      await next.update(flow, { service: service.outputs.ref, ...source, direction: "egress" });
      await timers.setTimeout(MARGIN);
      const { sent, at } = await stream.stop();
      expect(at.mon3).to.deep.include({ received: sent, duplicated: [] });
      expect([await added(1), await added(3)]).to.deep.equal([[], []]);
      await driver.destroy();
    } finally {
      for (const host of [here, there]) await host.ovs("ovs-vsctl del-br br-tun2");
    }
  });

  it("are restored when an agent deletes rules it does not know", async () => {
    const flow = await driver.flow("web", service, source);
    for (const host of [lab.host(1), lab.host(3)]) {
      await host.ovs("ovs-ofctl del-flows br-tun cookie=0x7a70000000000000/0xffff000000000000");
    }
    await driver.read(flow);
    expect(flow.outputs.status).to.match(
      /^drifted: .*host host1: missing rule on br-tun.*host host3: missing rule on br-tun/,
    );
    await driver.update(flow, { service: service.outputs.ref, ...source });
    await driver.read(flow);
    expect(flow.outputs.status).to.equal("active");
    await learn([vm.web, vm.db]);
    const frames = unicast(vm.web, vm.db);
    const [at] = await received([vm.mon3], () => vm.web.send(frames), [frames.length]);
    expectFrames(at!, frames);
  });
});
