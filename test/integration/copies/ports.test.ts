import { setTimeout } from "node:timers/promises";
import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { datagram, received } from "./traffic";

const UUID = "7b0a6a2e-5a5e-4d43-9f0a-1f5b1f5b1f5b";

describe("a tapped port and a monitor", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let vm: Record<"web" | "db" | "mon" | "late", Vm>;

  before(async () => {
    lab = await startLab({
      hosts: 1,
      vms: [
        { name: "web", host: 1, vmUuid: UUID, mac: "fa:16:3e:00:00:aa" },
        { name: "db", host: 1, vmUuid: UUID, mac: "fa:16:3e:00:00:0b" },
        { name: "mon", host: 1 },
        { name: "late", host: 1 },
      ],
    });
    driver = new Driver(lab);
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
  });
  after(() => lab?.stop());
  afterEach(() => driver.destroy());

  /** Which of the VMs' frames reach the monitor, each sending one. */
  async function heardBy(monitor: Vm): Promise<string[]> {
    const senders = lab.vms.filter((each) => each !== monitor);
    const frames = senders.map((each) => datagram(each, each));
    const [copies] = await received([monitor], async () => {
      for (const [index, each] of senders.entries()) await each.send([frames[index]!]);
    });
    const heard = senders.filter((_, index) => copies!.some((copy) => copy.equals(frames[index]!)));
    expect(copies, "each once").to.have.length(heard.length);
    return heard.map(({ name }) => name);
  }

  const service = (args: object = {}): Promise<Made> =>
    driver.service("ids", { host: "host1", port: "tap-mon", ...args });
  const flow = (to: Made, args: object): Promise<Made> =>
    driver.flow("source", to, { host: "host1", direction: "egress", ...args });

  for (const { by, web, mon } of [
    { by: "name", web: () => "tap-web", mon: () => "tap-mon" },
    { by: "iface-id", web: () => ({ ifaceId: vm.web.ifaceId }), mon: () => ({ ifaceId: vm.mon.ifaceId }) },
    {
      by: "MAC, however spelled",
      web: () => ({ mac: "FA-16-3E-00-00-AA" }),
      mon: () => ({ mac: vm.mon.mac }),
    },
    {
      by: "VM and number of the vNIC",
      web: () => ({ vmUuid: UUID, vnic: 1 }),
      mon: () => ({ vmUuid: vm.mon.vmUuid, vnic: 0 }),
    },
  ]) {
    it(`are found by ${by}`, async () => {
      const made = await flow(await service({ port: mon() }), { port: web() });
      expect(made.outputs.portName).to.equal("tap-web");
      expect(await heardBy(vm.mon)).to.deep.equal(["web"]);
    });
  }

  it("are found by the VM alone when it has one port", async () => {
    await flow(await service({ port: { vmUuid: vm.mon.vmUuid } }), { port: { vmUuid: vm.late.vmUuid } });
    expect(await heardBy(vm.mon)).to.deep.equal(["late"]);
  });

  it("are found by the VM if the cloud calls its identifier vm-id", async () => {
    const id = "3f1e8f0c-6a53-4a6e-8d0e-2b1f0d6a7c55";
    await lab.host(1).ovs(`ovs-vsctl set Interface tap-late external_ids:vm-id=${id}`);
    await flow(await service(), { port: { vmUuid: id } });
    expect(await heardBy(vm.mon)).to.deep.equal(["late"]);
  });

  it("are counted by ascending MAC address, whatever the order they were plugged in", async () => {
    await flow(await service(), { port: { vmUuid: UUID, vnic: 0 } });
    expect(await heardBy(vm.mon)).to.deep.equal(["db"]);
  });

  it("are waited for while they are not plugged yet", async () => {
    await Promise.all([vm.late.unplug(), vm.mon.unplug()]);
    const plugged = [vm.mon, vm.late].map((each, index) =>
      setTimeout(500 + 700 * index).then(() => each.plug()),
    );
    const ids = await service({ attachTimeout: 10 });
    await flow(ids, { port: { ifaceId: vm.late.ifaceId }, attachTimeout: 10 });
    await Promise.all(plugged);
    expect(await heardBy(vm.mon)).to.deep.equal(["late"]);
  });

  it("are skipped while they are inactive and another port matches, as in a live migration", async () => {
    const ids = { "iface-id": vm.late.ifaceId, "iface-status": "inactive" };
    const words = Object.entries(ids).map(([key, value]) => `external_ids:${key}="${value}"`);
    const add = "ovs-vsctl add-port br-int tap-shadow tag=10 -- set Interface tap-shadow type=internal";
    await lab.host(1).ovs(`${add} ${words.join(" ")}`);
    const made = await flow(await service(), { port: { ifaceId: vm.late.ifaceId } });
    expect(made.outputs.portName).to.equal("tap-late");
    expect(await heardBy(vm.mon)).to.deep.equal(["late"]);
    await driver.delete(made);
    await lab.host(1).ovs("ovs-vsctl del-port tap-shadow");
  });

  it("are used when inactive if nothing else matches, as before the first packet of a VM", async () => {
    const set = (status: string) =>
      lab.host(1).ovs(`ovs-vsctl set Interface tap-late external_ids:iface-status=${status}`);
    await set("inactive");
    await flow(await service(), { port: { ifaceId: vm.late.ifaceId } });
    expect(await heardBy(vm.mon)).to.deep.equal(["late"]);
    await set("active");
  });

  it("are found again when they were plugged again and the tap is created again", async () => {
    const ids = await service();
    const made = await flow(ids, { port: { ifaceId: vm.late.ifaceId } });
    await vm.late.unplug();
    await vm.late.plug();
    const state = await driver.read(made);
    expect("props" in state && state.props.status).to.match(/^drifted/);
    await driver.update(made, {
      service: ids.outputs.ref,
      host: "host1",
      direction: "egress",
      port: { ifaceId: vm.late.ifaceId },
    });
    expect(await heardBy(vm.mon)).to.deep.equal(["late"]);
  });

  it("change places in one update: the other port is copied, and the first no longer", async () => {
    const ids = await service();
    const made = await flow(ids, { port: "tap-web" });
    await driver.update(made, {
      service: ids.outputs.ref,
      host: "host1",
      direction: "egress",
      port: "tap-db",
    });
    expect(await heardBy(vm.mon)).to.deep.equal(["db"]);
    await driver.update(ids, { host: "host1", port: "tap-late" });
    expect(await heardBy(vm.late)).to.deep.equal(["db"]);
    expect(await heardBy(vm.mon)).to.deep.equal([]);
  });
});
