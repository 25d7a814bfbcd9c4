import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { broadcast, datagram, expectFrames, flooded, learn, received, unicast } from "./traffic";

describe("several taps", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let vm: Record<"web" | "db" | "far" | "trunk" | "mon1" | "mon2" | "mon3", Vm>;

  before(async () => {
    lab = await startLab({
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1 },
        { name: "far", host: 2 },
        { name: "trunk", host: 1, trunk: [10] },
        { name: "mon1", host: 1 },
        { name: "mon2", host: 2 },
        { name: "mon3", host: 3 },
      ],
    });
    driver = new Driver(lab);
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
  });
  after(() => lab?.stop());
  afterEach(() => driver.destroy());

  /** A service with its monitor at `monitor`, and a flow into it for each VM. */
  async function tap(monitor: Vm, sources: readonly Vm[], direction = "both"): Promise<void> {
    const service = await driver.service(monitor.name, { host: monitor.host.name, port: monitor.port });
    for (const source of sources) {
      const args = { host: source.host.name, port: source.port, direction };
      await driver.flow(`${source.name}-${monitor.name}`, service, args);
    }
  }

  it("of one port give every service every frame, on three hosts at once", async () => {
    for (const monitor of [vm.mon1, vm.mon2, vm.mon3]) await tap(monitor, [vm.web]);
    await learn([vm.web, vm.db, vm.far]);
    const sent = [...unicast(vm.web, vm.db), ...unicast(vm.web, vm.far), ...flooded(vm.web)];
    const got = [...unicast(vm.db, vm.web), ...flooded(vm.db)];
    const send = async () => {
      await vm.web.send(sent);
      await vm.db.send(got);
    };
    const count = sent.length + got.length;
    const copies = await received([vm.mon1, vm.mon2, vm.mon3], send, [count, count, count]);
    for (const [index, frames] of copies.entries())
      expectFrames(frames, [...sent, ...got], `mon${index + 1}`);
  });

  it("of one port in different directions give each service its own", async () => {
    await tap(vm.mon1, [vm.web], "ingress");
    await tap(vm.mon3, [vm.web], "egress");
    await learn([vm.web, vm.db]);
    const [sent, got] = [unicast(vm.web, vm.db), unicast(vm.db, vm.web)];
    const send = async () => {
      await vm.web.send(sent);
      await vm.db.send(got);
    };
    const [first, third] = await received([vm.mon1, vm.mon3], send, [got.length, sent.length]);
    expectFrames(first!, got, "mon1");
    expectFrames(third!, sent, "mon3");
  });

  for (const name of ["mon1", "mon3"] as const) {
    const where = name === "mon1" ? "on the same host" : "on another host";
    it(`of two VMs of one host give a service ${where} one copy of what these send to each other`, async () => {
      await tap(vm[name], [vm.web, vm.db]);
      await learn([vm.web, vm.db, vm.far]);
      const there = [...unicast(vm.web, vm.db), broadcast(vm.web), datagram(vm.web, vm.far)];
      const back = [...unicast(vm.db, vm.web), broadcast(vm.db), datagram(vm.db, vm.far)];
      const send = async () => {
        await vm.web.send(there);
        await vm.db.send(back);
      };
      const [copies] = await received([vm[name]], send, [there.length + back.length]);
      expectFrames(copies!, [...there, ...back]);
    });
  }

  it("of two VMs of two hosts give a service a copy from each, as two taps on the wire would", async () => {
    await tap(vm.mon3, [vm.web, vm.far]);
    await learn([vm.web, vm.db, vm.far]);
    const frames = [...unicast(vm.web, vm.far), ...flooded(vm.web)];
    const [copies] = await received([vm.mon3], () => vm.web.send(frames), [2 * frames.length]);
    expectFrames(copies!, [...frames, ...frames]);
  });

  it("of an access and a trunk port that talk to each other give each port's view: untagged and tagged", async () => {
    await tap(vm.mon1, [vm.web, vm.trunk]);
    await learn([vm.web, vm.db]);
    const frame = datagram(vm.web, vm.trunk);
    const [seen, copies] = await received([vm.trunk, vm.mon1], () => vm.web.send([frame]), [1, 2]);
    expectFrames(copies!, [frame, ...seen!]);
  });

  it("of VMs on all hosts into monitors on all hosts do not mix", async () => {
    await tap(vm.mon1, [vm.far]);
    await tap(vm.mon2, [vm.web]);
    await tap(vm.mon3, [vm.db]);
    await learn([vm.web, vm.db, vm.far]);
    const toDb = unicast(vm.web, vm.db);
    const toFar = unicast(vm.db, vm.far);
    const toWeb = unicast(vm.far, vm.web);
    const send = async () => {
      await vm.web.send(toDb);
      await vm.db.send(toFar);
      await vm.far.send(toWeb);
    };
    const each = 2 * toDb.length;
    const copies = await received([vm.mon1, vm.mon2, vm.mon3], send, [each, each, each]);
    expectFrames(copies[0]!, [...toWeb, ...toFar], "mon1");
    expectFrames(copies[1]!, [...toWeb, ...toDb], "mon2");
    expectFrames(copies[2]!, [...toDb, ...toFar], "mon3");
  });
});
