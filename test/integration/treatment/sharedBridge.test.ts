import { expect } from "chai";
import { Driver } from "../../driver/driver";
import type { Lab } from "../../lab/lab";
import { skipForLackOf } from "../../lacking";
import { expectRefused } from "../lifecycle/refused";
import { Plugs } from "./plugs";

describe("a Linux bridge that others use than a monitor", () => {
  let plugs: Plugs;
  let lab: Lab;

  before(async () => {
    plugs = await Plugs.start();
    lab = plugs.lab;
  });

  after(() => lab.stop());

  /** What of a Linux bridge, and of its port on the side of Open vSwitch, a monitor would set. */
  const settings = async (bridge: string, port: string) => [
    await plugs.ageing(bridge),
    await plugs.mask(port),
  ];

  it("is refused behind a monitor if it has the VM of another port, wherever the monitor's port is to be", async () => {
    const host = lab.host(1);
    await host.ovs("ip link add spare0 type veth peer name spare1; ip link set spare0 master office");
    for (const attachment of ["tap-bridge", "integration-bridge"]) {
      const service = () => new Driver(lab).service("ids", { host: "host1", port: "out0", attachment });
      await expectRefused([host], service, {
        code: "monitor-bridge-shared",
        host: "host1",
        says: /^Linux bridge office behind monitor port out0 has 3 ports, so others use it too/,
        hint: /a Linux bridge of its own, or use a MonitorPort/,
      });
      expect(await settings("office", "in0")).to.deep.equal([plugs.learning, "0x0"]);
    }
    await host.ovs("ip link delete spare0");
  });

  it("stays as it is if a serving monitor's port leads to it by now", async () => {
    const host = lab.host(1);
    const driver = new Driver(lab);
    const args = { host: "host1", port: "out0" };
    const service = await driver.service("ids", args);
    await host.ovs(`
ip link add spare0 type veth peer name spare1
ip link add campus type bridge forward_delay 0
ip link set spare0 master campus; ip link set in0 master campus; ip link set tap-cabled master campus`);
    await driver.read(service);
    const shared = "Linux bridge campus behind monitor port out0 has 3 ports, so others use it too";
    expect(service.outputs.status).to.equal(`drifted: host host1: ${shared}`);
    await driver.flow("web", service, { host: "host1", port: "tap-web" });
    expect(await settings("campus", "in0")).to.deep.equal([plugs.learning, "0x0"]);
    await host.ovs(`
ip link set in0 master office; ip link set tap-cabled master office; ip link delete campus; ip link delete spare0`);
    expect(await driver.update(service, args)).to.equal(true);
    await driver.destroy();
    expect(await settings("office", "in0")).to.deep.equal([plugs.learning, "0x0"]);
  });

  it("is not taken for a monitor's if only the card below the monitor's VLAN is in it", async function () {
    const host = lab.host(1);
    const made = await host.ovs(`
ip link add prod type bridge forward_delay 0
ip link add eth9 type veth peer name wire9
ip link set eth9 master prod up; ip link set prod up
ip link add link eth9 name eth9.100 type vlan id 100 2> /dev/null && ovs-vsctl add-port br-int eth9.100 && echo made
true`);
    if (made === "") skipForLackOf(this, "VLAN devices");
    const driver = new Driver(lab);
    await driver.service("ids", { host: "host1", port: "eth9.100" });
    expect(await settings("prod", "eth9")).to.deep.equal([plugs.learning, "0x0"]);
    await driver.destroy();
    await host.ovs("ovs-vsctl del-port eth9.100; ip link delete eth9; ip link delete prod");
  });
});
