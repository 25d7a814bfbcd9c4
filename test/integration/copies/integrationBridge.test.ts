import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import type { Vm } from "../../lab/vm";
import { datagram, expectFrames, flooded, learn, received, unicast } from "./traffic";

describe("a monitor on the integration bridge", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let untouched: HostSnapshot[];
  let vm: Record<"web" | "db" | "far" | "red" | "fw" | "mon", Vm>;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1 },
        { name: "far", host: 2 },
        { name: "red", host: 1, vlan: 20 },
        { name: "fw", host: 2, trunk: [40], mtu: 1446 },
        { name: "mon", host: 1, vlan: 10 },
      ],
    });
    driver = new Driver(lab);
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
    untouched = await Promise.all(lab.hosts.map((host) => host.snapshot()));
    const args = { host: "host1", port: "tap-mon", attachment: "integration-bridge" };
    const service = await driver.service("ids", args);
    await driver.flow("web", service, { host: "host1", port: "tap-web" });
    await driver.flow("far", service, { host: "host2", port: "tap-far" });
    await driver.flow("fw", service, { host: "host2", port: "tap-fw" });
  });
  beforeEach(async () => {
    await learn([vm.web, vm.db, vm.far, vm.mon]);
  });
  after(() => lab?.stop());

  it("keeps its own connectivity both ways, with neighbours and across hosts", async () => {
    const { web, db, far, mon } = vm;
    const out = [...unicast(mon, db), ...unicast(mon, far)];
    const back = [...unicast(db, mon), ...unicast(far, mon)];
    const toFar = out.filter((frame) =>
      frame.subarray(0, 6).equals(Buffer.from(far.mac.replaceAll(":", ""), "hex")),
    );
    const [atDb, atFar, atMon, atWeb] = await received([db, far, mon, web], async () => {
      await mon.send(out);
      await db.send(back.slice(0, back.length / 2));
      await far.send(back.slice(back.length / 2));
    });
    expectFrames(
      atDb!,
      out.filter((frame) => !toFar.includes(frame)),
      "db",
    );
    expectFrames(atFar!, toFar, "far");
    expectFrames(atWeb!, [], "web");
    // Of what went to and came from the tapped far VM it has copies too.
    expectFrames(atMon!, [...back, ...toFar, ...back.slice(back.length / 2)], "mon");
  });

  it("gets a copy of each frame of the tapped ports, including those that it receives itself", async () => {
    const { web, db, mon } = vm;
    const sent = unicast(web, db);
    const toMonitor = datagram(web, mon);
    const broadcasts = flooded(web);
    const all = [...sent, toMonitor, ...broadcasts];
    const [atDb, atMon] = await received([db, mon], () => web.send(all));
    expectFrames(atDb!, [...sent, ...broadcasts], "db");
    // Egress copies of all, its own reception, and ingress copies of the floods at the tapped far VM.
    expectFrames(atMon!, [...all, toMonitor, ...broadcasts, ...broadcasts], "mon");
  });

  it("gets the copies of a trunk port with the guest's tags, although its own port is an access port", async () => {
    const { fw, web, mon } = vm;
    const frames = [...unicast(fw, web, [40]), ...flooded(fw, [40]), ...unicast(fw, web, [40, 41])];
    const [atMon] = await received([mon], () => fw.send(frames), [frames.length]);
    expectFrames(atMon!, frames, "mon");
  });

  it("gets nothing of other networks, however much floods, and nothing floods into the tap bridge", async () => {
    const patch = (await lab.host(1).ovs("ovs-vsctl list-ports br-tap"))
      .split("\n")
      .filter((name) => name.startsWith("md-"));
    expect(patch).to.have.length(1);
    const packets = async () => {
      const dump = await lab
        .host(1)
        .ovs(`ovs-appctl revalidator/wait; ovs-ofctl dump-ports br-tap ${patch[0]}`);
      return /rx pkts=(\d+)/.exec(dump)![1];
    };
    const frames = [...flooded(vm.red), ...flooded(vm.red, [10]), ...unicast(vm.red, vm.mon)];
    const own = flooded(vm.db);
    const [atMon] = await received([vm.mon], async () => {
      await vm.red.send(frames);
      await vm.db.send(own);
    });
    expectFrames(
      atMon!,
      [...own, ...own, ...own],
      "once itself, and a copy from each of the two tapped ports",
    );
    expect(await packets()).to.equal("0");
  });

  it("is reached only by copies through our port: no copy reaches another VM", async () => {
    const { web, db, far, red, mon } = vm;
    const frames = unicast(web, mon);
    const at = await received([db, far, red], () => web.send(frames));
    for (const each of at) expectFrames(each, [], "others");
  });

  it("leaves every host as it was once it is no longer a monitor", async () => {
    await driver.destroy();
    for (const [index, host] of lab.hosts.entries()) {
      expect(diffSnapshots(untouched[index]!, await host.snapshot())).to.deep.equal([]);
    }
    const frames = unicast(vm.db, vm.mon);
    await learn([vm.db, vm.mon]);
    const [atMon] = await received([vm.mon], () => vm.db.send(frames), [frames.length]);
    expectFrames(atMon!, frames, "mon");
  });
});
