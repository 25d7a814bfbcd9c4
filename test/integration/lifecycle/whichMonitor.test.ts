import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import { KeeperProcess, until } from "../faults/keeperProcess";

const VM = "7b0a6a2e-5a5e-4d43-9f0a-1f5b1f5b1f5b";

describe("a monitor that is found by what the cloud wrote on it", () => {
  let lab: Lab;
  let driver: Driver;
  let origin: HostSnapshot;

  beforeEach(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "ids", host: 1, ifaceId: "ids" },
      { name: "m0", host: 1, vmUuid: VM, mac: "fa:16:3e:00:00:0a" },
      { name: "m1", host: 1, vmUuid: VM, mac: "fa:16:3e:00:00:0b" },
      { name: "m2", host: 1, vmUuid: VM, mac: "fa:16:3e:00:00:0c" },
    ];
    lab = await startLab({ hosts: 1, vms });
    driver = new Driver(lab);
    await lab.vm("m0").unplug();
    await ovs("ovs-vsctl set Interface tap-ids ofport_request=43 -- set Interface tap-m2 ofport_request=44");
    origin = await lab.host(1).snapshot();
  });

  afterEach(() => lab.stop());

  const ovs = (line: string) => lab.host(1).ovs(line);
  const onTapBridge = async () =>
    (await ovs("ovs-vsctl list-ports br-tap")).split("\n").filter((port) => port.startsWith("tap-"));
  const nic = (vnic: number) => driver.service(`nic${vnic}`, { host: "host1", port: { vmUuid: VM, vnic } });
  const ids = () => driver.service("ids", { host: "host1", port: { ifaceId: "ids" } });

  async function leavesNothing(): Promise<void> {
    await driver.destroy();
    expect(diffSnapshots(origin, await lab.host(1).snapshot())).to.deep.equal([]);
  }

  it("is moved back when it is a VM's second vNIC, while another monitor stays", async () => {
    await ids();
    const second = await nic(1);
    expect(await onTapBridge()).to.deep.equal(["tap-ids", "tap-m2"]);
    await driver.delete(second);
    expect(await onTapBridge()).to.deep.equal(["tap-ids"]);
    await leavesNothing();
  });

  it("is moved back after another vNIC of its VM was", async () => {
    await ids();
    const [first, second] = [await nic(0), await nic(1)];
    await driver.delete(first);
    expect(await onTapBridge()).to.deep.equal(["tap-ids", "tap-m2"]);
    expect(await driver.read(second)).to.have.nested.property("props.status", "active");
    await driver.delete(second);
    expect(await onTapBridge()).to.deep.equal(["tap-ids"]);
    await leavesNothing();
  });

  it("stays the monitor when a vNIC is plugged that would be counted before it", async () => {
    const first = await nic(0);
    await lab.vm("m0").plug();
    const web = await driver.flow("web", first, { host: "host1", port: "tap-web" });
    expect(await onTapBridge()).to.deep.equal(["tap-m1"]);
    expect(await driver.read(first)).to.have.nested.property("props.status", "active");
    expect(first.outputs.portName).to.equal("tap-m1");
    const before = await ovs("ovs-vsctl get Interface tap-m0 ofport");
    await driver.update(first, { host: "host1", port: { vmUuid: VM, vnic: 0 }, description: "as before" });
    expect(await onTapBridge()).to.deep.equal(["tap-m1"]);
    await driver.delete(web);
    await driver.delete(first);
    expect(await ovs("ovs-vsctl get Interface tap-m0 ofport")).to.equal(before);
    await lab.vm("m0").unplug();
    await leavesNothing();
  });

  it("stays it for a keeper, too", async () => {
    const kept = new Driver(lab, undefined, { hosts: { host1: { address: "host1", keeper: true } } });
    const first = await kept.service("nic0", { host: "host1", port: { vmUuid: VM, vnic: 0 } });
    await kept.flow("web", first, { host: "host1", port: "tap-web" });
    await KeeperProcess.start(lab.host(1));
    await lab.vm("m0").plug();
    await lab.vm("web").unplug();
    await lab.vm("web").plug();
    const tapped = await ovs("ovs-vsctl --bare get Port tap-web _uuid");
    await until(async () => (await ovs("ovs-vsctl --bare --columns=select_src_port list Mirror")) === tapped);
    expect(await onTapBridge()).to.deep.equal(["tap-m1"]);
    await kept.destroy();
    expect(await ovs("ovs-vsctl port-to-br tap-m1; ovs-vsctl get Interface tap-m1 ofport_request")).to.equal(
      "br-int\n[]\n",
    );
  });

  it("is moved back with its own number however it was last written", async () => {
    const service = await driver.service("ids", { host: "host1", port: "tap-ids" });
    const mac = lab.vm("ids").mac;
    for (const port of [{ ifaceId: "ids" }, { mac }, { vmUuid: lab.vm("ids").vmUuid }, "tap-ids"]) {
      await driver.update(service, { host: "host1", port });
      expect(await onTapBridge()).to.deep.equal(["tap-ids"]);
    }
    await driver.update(service, { host: "host1", ports: [{ ifaceId: "ids" }, { vmUuid: VM, vnic: 1 }] });
    await driver.update(service, { host: "host1", ports: ["tap-m2", { mac }] });
    expect(await onTapBridge()).to.deep.equal(["tap-ids", "tap-m2"]);
    await leavesNothing();
  });

  it("is replaced by the port that has its identifier now, and moved back", async () => {
    const service = await ids();
    const web = await driver.flow("web", service, { host: "host1", port: "tap-web" });
    await ovs(
      "ovs-vsctl remove Interface tap-ids external_ids iface-id -- set Interface tap-m1 external_ids:iface-id=ids",
    );
    await driver.update(web, {
      service: service.outputs.ref,
      host: "host1",
      port: "tap-web",
      direction: "egress",
    });
    expect(await onTapBridge()).to.deep.equal(["tap-m1"]);
    expect(await ovs("ovs-vsctl get Interface tap-ids ofport ofport_request")).to.equal("43\n43\n");
    await driver.destroy();
    await ovs(
      `ovs-vsctl set Interface tap-ids external_ids:iface-id=ids -- set Interface tap-m1 external_ids:iface-id=${lab.vm("m1").ifaceId}`,
    );
    await leavesNothing();
  });
});
