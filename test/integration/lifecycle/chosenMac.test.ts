import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { broadcast } from "../copies/traffic";
import { storedClaims } from "./storedClaims";

const MAC = "fa:16:3e:00:00:77";

describe("a port that is named by its MAC address", () => {
  let lab: Lab;
  let driver: Driver;

  before(async () => {
    lab = await startLab({
      hosts: 1,
      vms: [
        { name: "web", host: 1 },
        { name: "ids", host: 1, mac: MAC, ifaceId: "ids-port" },
        { name: "thief", host: 1, mac: MAC, ifaceId: "thief-port" },
      ],
    });
    await lab.vm("thief").unplug();
  });

  after(() => lab.stop());

  beforeEach(() => {
    driver = new Driver(lab);
  });

  afterEach(async () => {
    await driver.destroy();
    await lab.vm("thief").unplug();
  });

  async function copiesAt(monitor: string): Promise<number> {
    const capture = await lab.vm(monitor).capture();
    const frame = broadcast(lab.vm("web"));
    await lab.vm("web").send([frame]);
    await capture.settle({ frames: 1 }).catch(() => undefined);
    return (await capture.stop()).filter((other) => other.equals(frame)).length;
  }

  it("is not another's with the same address when it is a monitor whose VM is stopped", async () => {
    const args = { host: "host1", port: { mac: MAC } };
    const ids = await driver.service("ids", args);
    expect(ids.outputs.ifaceIds).to.deep.equal({ [MAC]: "ids-port" });
    await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    await lab.vm("ids").unplug();
    await lab.vm("thief").plug();
    await driver.read(ids);
    const says = `with attached-mac ${MAC} and iface-id ids-port is not plugged`;
    expect(ids.outputs.status).to.include(says);
    await driver.update(ids, args);
    expect(ids.outputs.status).to.include(says).and.to.include("tap-thief (iface-id=thief-port");
    const bridge = await lab.host(1).ovs("ovs-vsctl port-to-br tap-thief");
    expect(bridge.trim()).to.equal("br-int");

    await lab.vm("ids").plug();
    await driver.update(ids, args);
    expect(ids.outputs).to.include({ status: "active", portName: "tap-ids" });
    expect(await copiesAt("ids")).to.equal(1);
  });

  it("cannot evade its tap by a twin with the same address", async () => {
    const ids = await driver.service("ids", { host: "host1", port: "tap-web" });
    const args = { service: ids.outputs.ref, host: "host1", port: { mac: MAC } };
    const flow = await driver.create("TapFlow", "suspect", args);
    await lab.vm("thief").plug();
    await driver.read(flow);
    expect(flow.outputs).to.include({ status: "active", portName: "tap-ids" });
    await driver.update(flow, { ...args, direction: "egress" });
    expect(flow.outputs.status).to.equal("active");
  });

  it("is drift when somebody writes another iface-id into the claim", async () => {
    const args = { host: "host1", port: { mac: MAC } };
    const ids = await driver.service("ids", args);
    await lab.vm("thief").plug();
    const claim = JSON.stringify((await storedClaims(lab.host(1)))[ids.id]).replace("ids-port", "thief-port");
    await lab
      .host(1)
      .ovs(`ovs-vsctl set Bridge br-tap 'external_ids:"taas:${ids.id}"=${JSON.stringify(claim)}'`);
    await driver.read(ids);
    expect(ids.outputs.status).to.include("altered claim: ports");
    await driver.update(ids, args);
    expect(ids.outputs).to.include({ status: "active", portName: "tap-ids" });
  });
});
