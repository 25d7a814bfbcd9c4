import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { Ovn } from "../../lab/ovn";
import type { Vm } from "../../lab/vm";
import { skipForLackOf } from "../../lacking";
import { datagram } from "../copies/traffic";

const FRAMES = 10;

describe("a host with a running OVN", function () {
  this.timeout(60_000);
  let lab: Lab;
  let ovn: Ovn;
  let driver: Driver;
  let vm: Record<"web" | "db" | "mon" | "mon2" | "inline", Vm>;
  let made: Record<"ids" | "inline" | "web" | "db", Made>;

  before(async function () {
    const names = ["web", "db", "mon", "mon2", "inline"];
    lab = await startLab({ hosts: 1, vms: names.map((name) => ({ name, host: 1 })) });
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
    const started = await Ovn.start(lab.host(1), lab.vms);
    if (started === undefined) return skipForLackOf(this, "OVN");
    ovn = started;
    driver = new Driver(lab);
  });
  after(async () => {
    await lab?.stop();
  });

  /** How many of some frames from one VM to another each of these VMs got. */
  async function arrivals(from: Vm, to: Vm, watched: readonly Vm[]): Promise<number[]> {
    const captures = await Promise.all(watched.map((each) => each.capture()));
    const frame = datagram(from, to);
    await from.send(Array.from({ length: FRAMES }, () => frame));
    const sent = frame.toString("hex");
    await Promise.all(captures.map((capture) => capture.settle()));
    const frames = await Promise.all(captures.map((capture) => capture.stop()));
    return frames.map((all) => all.filter((each) => each.toString("hex") === sent).length);
  }

  const bound = () => Promise.all(lab.vms.map((each) => ovn.isBound(each)));

  it("binds its VMs, and carries what they send", async () => {
    expect(await bound()).to.deep.equal([true, true, true, true, true]);
    expect(await arrivals(vm.web, vm.db, [vm.db, vm.mon])).to.deep.equal([FRAMES, 0]);
  });

  it("has its VMs tapped on either attachment, and carries production as before", async () => {
    const ids = await driver.service("ids", { host: "host1", port: { ifaceId: vm.mon.ifaceId } });
    const inline = await driver.service("inline", {
      host: "host1",
      port: "tap-inline",
      attachment: "integration-bridge",
    });
    const web = await driver.flow("web", ids, { host: "host1", port: { ifaceId: vm.web.ifaceId } });
    const db = await driver.flow("db", inline, { host: "host1", port: "tap-db" });
    made = { ids, inline, web, db };
    expect(await arrivals(vm.web, vm.db, [vm.db, vm.mon, vm.inline])).to.deep.equal([FRAMES, FRAMES, FRAMES]);
  });

  it("loses nothing but the rule on br-int when ovn-controller restarts, and an update restores it", async () => {
    await ovn.restartController();
    expect(await arrivals(vm.web, vm.db, [vm.db, vm.mon, vm.inline])).to.deep.equal([FRAMES, FRAMES, 0]);
    await driver.read(made.web);
    expect(made.web.outputs.status).to.equal("active");
    await driver.read(made.inline);
    expect(made.inline.outputs.status).to.match(/^drifted: .*missing rule on br-int/);
    await driver.update(made.inline, { host: "host1", port: "tap-inline", attachment: "integration-bridge" });
    expect(await arrivals(vm.web, vm.db, [vm.db, vm.mon, vm.inline])).to.deep.equal([FRAMES, FRAMES, FRAMES]);
  });

  it("binds a monitor again that has moved back", async () => {
    const number = await lab.host(1).ovs("ovs-vsctl get Interface tap-mon2 ofport");
    const second = await driver.service("second", { host: "host1", port: "tap-mon2" });
    await ovn.restartController();
    expect(await ovn.isBound(vm.mon2)).to.equal(false);
    await driver.delete(second);
    expect(await ovn.isBound(vm.mon2)).to.equal(true);
    expect(await lab.host(1).ovs("ovs-vsctl get Interface tap-mon2 ofport ofport_request")).to.equal(
      `${number}[]\n`,
    );
    expect(await arrivals(vm.web, vm.mon2, [vm.mon2])).to.deep.equal([FRAMES]);
  });

  it("is as it was when all is deleted, including a monitor whose claim somebody removed by hand", async () => {
    const { outputs } = await new Driver(lab, "organization/lost/test").service("lost", {
      host: "host1",
      port: "tap-mon2",
    });
    await lab.host(1).ovsVsctl([["remove", "Bridge", "br-tap", "external_ids", `"taas:${outputs.owner}"`]]);
    await ovn.restartController();
    expect(await ovn.isBound(vm.mon2)).to.equal(false);
    await driver.destroy();
    expect(await bound()).to.deep.equal([true, true, true, true, true]);
    expect(await arrivals(vm.web, vm.db, [vm.db, vm.mon, vm.inline])).to.deep.equal([FRAMES, 0, 0]);
    expect(await lab.host(1).ovs("ovs-vsctl list-br; ovs-vsctl --bare --columns=name list Mirror")).to.equal(
      "br-int\nbr-phy\nbr-tun\n",
    );
  });
});
