import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { datagram, expectFrames, flooded, received, unicast } from "./traffic";
import { carriedOnPort, learnUnderlay, watchUnderlay } from "./underlay";

describe("a monitor on the tap bridge", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let vm: Record<"web" | "far" | "mon1" | "mon2" | "mon3", Vm>;

  before(async () => {
    lab = await startLab({
      vms: [
        { name: "web", host: 1 },
        { name: "mon1", host: 1 },
        { name: "mon2", host: 1 },
        { name: "far", host: 2 },
        { name: "mon3", host: 3 },
      ],
    });
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
    await learnUnderlay(lab);
    driver = new Driver(lab);
    const hosts = lab.hosts.map(({ name }) => name);
    await driver.tunnel("mesh", { hosts, mode: "mesh", udpPort: 14_790 });
    await driver.tunnel("pair", { hosts: ["host1", "host2"] });
    const local = await driver.service("mon1", { host: "host1", port: "tap-mon1" });
    const remote = await driver.service("mon3", { host: "host3", port: "tap-mon3" });
    await driver.service("mon2", { host: "host1", port: "tap-mon2" });
    await driver.flow("web-mon1", local, { host: "host1", port: "tap-web" });
    await driver.flow("far-mon1", local, { host: "host2", port: "tap-far" });
    await driver.flow("web-mon3", remote, { host: "host1", port: "tap-web" });
  });
  after(() => lab?.stop());

  for (const name of ["mon1", "mon3"] as const) {
    it(`with ${name === "mon1" ? "sources on its own and another host" : "a source on another host"} can send nothing to anybody: broadcast, multicast, unicast, tagged or not`, async () => {
      const monitor = vm[name];
      const others = lab.vms.filter((each) => each !== monitor);
      const frames = [
        ...flooded(monitor),
        ...flooded(monitor, [10]),
        ...others.flatMap((other) => unicast(monitor, other)),
        ...others.map((other) => datagram(monitor, other, [10])),
      ];
      let at: Buffer[][] = [];
      const underlay = await watchUnderlay(lab, async () => {
        at = await received(lab.vms, () => monitor.send(frames));
      });
      for (const [index, each] of lab.vms.entries()) expectFrames(at[index]!, [], each.name);
      // No tunnel of any kind: all that the hosts say to each other is UDP.
      for (const capture of underlay) {
        expect(capture.frames.filter((packet) => packet.readUInt8(23) === 17)).to.deep.equal([]);
      }
    });
  }

  it("gets its copies nevertheless while it sends", async () => {
    const frames = unicast(vm.web, vm.far);
    const send = () => Promise.all([vm.mon1.send(flooded(vm.mon1)), vm.web.send(frames)]);
    const twice = [...frames, ...frames]; // from the port of web and from that of far
    const [atFar, atMon1, atMon3] = await received([vm.far, vm.mon1, vm.mon3], send, [
      frames.length,
      twice.length,
      frames.length,
    ]);
    expectFrames(atFar!, frames, "far");
    expectFrames(atMon1!, twice, "mon1");
    expectFrames(atMon3!, frames, "mon3");
  });

  it("gets nothing but copies: production's broadcast does not reach it, and its tunnels carry no more", async () => {
    const frames = flooded(vm.mon2); // mon2 has no flows, and nothing of it gets anywhere
    const fromWeb = flooded(vm.web);
    let at: Buffer[][] = [];
    const underlay = await watchUnderlay(lab, async () => {
      at = await received([vm.mon1, vm.mon2, vm.mon3], async () => {
        await vm.mon2.send(frames);
        await vm.web.send(fromWeb);
      }, [2 * fromWeb.length, 0, fromWeb.length]);
    });
    expectFrames(at[0]!, [...fromWeb, ...fromWeb], "mon1");
    expectFrames(at[1]!, [], "mon2");
    expectFrames(at[2]!, fromWeb, "mon3");
    const carried = underlay.map((capture) => [...carriedOnPort(capture), ...carriedOnPort(capture, 14_790)]);
    // From host 1 to 3 for mon3, from host 2 to 1 for mon1; each is seen at both ends.
    expect(carried.map((each) => each.length)).to.deep.equal([10, 5, 5]);
  });
});
