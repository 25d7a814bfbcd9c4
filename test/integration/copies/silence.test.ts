import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { broadcast, datagram, expectFrames, flooded, learn, received, unicast } from "./traffic";
import { carriedOnPort, learnUnderlay, watchUnderlay } from "./underlay";

describe("what is not tapped", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let vm: Record<"web" | "db" | "far" | "red" | "farred" | "mon1" | "mon3", Vm>;

  before(async () => {
    lab = await startLab({
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1 },
        { name: "far", host: 2 },
        { name: "red", host: 1, vlan: 20 },
        { name: "farred", host: 2, vlan: 20 },
        { name: "mon1", host: 1 },
        { name: "mon3", host: 3 },
      ],
    });
    await learnUnderlay(lab);
    driver = new Driver(lab);
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
  });
  after(() => lab?.stop());
  afterEach(() => driver.destroy());

  /** Floods both VLANs from both hosts, and lets neighbours and hosts talk; resolves with what each VM must get of it. */
  async function noise(): Promise<Map<Vm, Buffer[]>> {
    const { web, db, far, red, farred } = vm;
    const [fromWeb, fromFar, fromRed] = [flooded(web), flooded(far), flooded(red)];
    const [webToFar, farToWeb, redToFarred] = [unicast(web, far), unicast(far, web), unicast(red, farred)];
    await web.send([...fromWeb, ...webToFar]);
    await far.send([...fromFar, ...farToWeb]);
    await red.send([...fromRed, ...redToFarred]);
    return new Map([
      [web, [...fromFar, ...farToWeb]],
      [db, [...fromWeb, ...fromFar]],
      [far, [...fromWeb, ...webToFar]],
      [farred, [...fromRed, ...redToFarred]],
    ]);
  }

  async function learnAll(): Promise<void> {
    await learn([vm.web, vm.db, vm.far]);
    await learn([vm.red, vm.farred]);
  }

  /** The tunnel traffic and the frames at every VM during the noise, where production must be as ever. */
  async function quietly(during: () => Promise<unknown> = async () => {}) {
    let expected = new Map<Vm, Buffer[]>();
    let frames: Buffer[][] = [];
    const underlay = await watchUnderlay(lab, async () => {
      frames = await received(lab.vms, async () => {
        expected = await noise();
        await during();
      });
    });
    const at = new Map(lab.vms.map((each, index) => [each, frames[index]!]));
    for (const [each, wanted] of expected) expectFrames(at.get(each)!, wanted, each.name);
    expectFrames(at.get(vm.red)!, [], "red");
    return { tunnels: underlay.map((capture) => carriedOnPort(capture)), at, expected };
  }

  it("is not copied if there are only services and mirror tunnels", async () => {
    const hosts = lab.hosts.map(({ name }) => name);
    await driver.tunnel("pair", { hosts: hosts.slice(0, 2) });
    await driver.tunnel("mesh", { hosts, mode: "mesh" });
    await driver.service("mon1", { host: "host1", port: "tap-mon1" });
    await driver.service("mon3", { host: "host3", port: "tap-mon3" });
    await learnAll();
    const { tunnels, at } = await quietly();
    expect(tunnels.map((frames) => frames.length)).to.deep.equal([0, 0, 0]);
    expectFrames(at.get(vm.mon1)!, [], "mon1");
    expectFrames(at.get(vm.mon3)!, [], "mon3");
  });

  it("is not copied by a disabled tap", async () => {
    const service = await driver.service("mon3", { host: "host3", port: "tap-mon3" });
    await driver.flow("web", service, { host: "host1", port: "tap-web", enabled: false });
    await learnAll();
    const { tunnels, at } = await quietly();
    expect(tunnels.map((frames) => frames.length)).to.deep.equal([0, 0, 0]);
    expectFrames(at.get(vm.mon3)!, [], "mon3");
  });

  it("is not copied by a tap of another port: the one tunnel carries only this port's frames, and no other host gets any", async () => {
    const service = await driver.service("mon3", { host: "host3", port: "tap-mon3" });
    await driver.flow("db", service, { host: "host1", port: "tap-db" });
    await learnAll();
    const { tunnels, at, expected } = await quietly();
    const copies = expected.get(vm.db)!;
    expectFrames(at.get(vm.mon3)!, copies, "mon3");
    const [from, to, tunnelId] = ["192.0.2.11", "192.0.2.13", service.outputs.tunnelId];
    expect(tunnels[1]).to.deep.equal([]);
    for (const carried of [tunnels[0]!, tunnels[2]!]) {
      expectFrames(
        carried.map(({ frame }) => frame),
        copies,
        "the tunnel",
      );
      for (const each of carried) expect(each).to.include({ from, to, tunnelId });
    }
  });

  it("is not copied by a tap of egress only, however much is flooded to the port", async () => {
    const service = await driver.service("mon3", { host: "host3", port: "tap-mon3" });
    await driver.flow("db", service, { host: "host1", port: "tap-db", direction: "egress" });
    await learnAll();
    const { tunnels, at } = await quietly();
    expect(tunnels.map((frames) => frames.length)).to.deep.equal([0, 0, 0]);
    expectFrames(at.get(vm.mon3)!, [], "mon3");
  });

  it("is not sent back from the monitor's host: copies reach no VM except the monitor", async () => {
    const service = await driver.service("mon1", { host: "host1", port: "tap-mon1" });
    await driver.flow("far", service, { host: "host2", port: "tap-far" });
    await learnAll();
    const { web, db, far, red, farred, mon1, mon3 } = vm;
    const sent = [broadcast(far), datagram(far, web)];
    const frames = await received([web, db, red, farred, mon1, mon3], () => far.send(sent), [2, 1, 0, 0, 2]);
    expectFrames(frames[0]!, sent, "web");
    expectFrames(frames[1]!, sent.slice(0, 1), "db");
    expectFrames(frames[2]!, [], "red");
    expectFrames(frames[3]!, [], "farred");
    expectFrames(frames[4]!, sent, "mon1");
    expectFrames(frames[5]!, sent.slice(0, 1), "mon3, which is no monitor here");
  });
});
