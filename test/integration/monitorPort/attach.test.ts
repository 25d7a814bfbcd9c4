import { expect } from "chai";
import { verifyTaps } from "../../../provider/handlers";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { all, broadcast, learn } from "../copies/traffic";
import { Baseline } from "../faults/hosts";

/** What a hypervisor does to a port of a VM on a host: lines of ovs-vsctl as libvirt and os-vif run them. */
class Hypervisor {
  constructor(
    private readonly vm: Vm,
    private readonly ifaceId: string,
  ) {}

  private get identifiers(): string {
    const { mac, vmUuid, port } = this.vm;
    const ids = { "attached-mac": mac, "iface-id": this.ifaceId, "vm-id": vmUuid, "iface-status": "active" };
    return Object.entries(ids)
      .map(([key, value]) => `-- set Interface ${port} 'external_ids:${key}="${value}"'`)
      .join(" ");
  }

  /** Start and hard reboot, by libvirt. */
  async start(bridge = "br-tap"): Promise<void> {
    const { host, port } = this.vm;
    await host.ovs(
      `ovs-vsctl --timeout=5 -- --if-exists del-port ${port} -- add-port ${bridge} ${port} ${this.identifiers}`,
    );
  }

  /** Stop, by libvirt. */
  async stop(): Promise<void> {
    await this.vm.host.ovs(`ovs-vsctl --timeout=5 -- --if-exists del-port ${this.vm.port}`);
  }

  /** Plug, by os-vif. */
  async plug(): Promise<void> {
    const { host, port } = this.vm;
    await host.ovs(`ovs-vsctl --timeout=120 -- --may-exist add-port br-tap ${port} ${this.identifiers}`);
  }

  /** Unplug, by os-vif. */
  async unplug(): Promise<void> {
    const { host, port } = this.vm;
    await host.ovs(`ovs-vsctl --timeout=120 -- --if-exists del-port br-tap ${port}`);
  }
}

describe("a monitor port that a hypervisor attaches", function () {
  this.timeout(60_000);
  let lab: Lab;
  let driver: Driver;
  let empty: Baseline;
  let web: Vm;
  let ids: Vm;
  let hypervisor: Hypervisor;
  let port: Made;
  const args = { host: "host2", type: "attach" };

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "other", host: 2 },
      { name: "ids", host: 2 },
      { name: "ids3", host: 3 },
      { name: "stray", host: 2 },
    ];
    lab = await startLab({ hosts: 3, vms });
    [web, ids] = [lab.vm("web"), lab.vm("ids")];
    for (const vm of [ids, lab.vm("ids3"), lab.vm("stray")]) await vm.unplug();
    empty = await Baseline.of(lab);
  });

  after(() => lab?.stop());

  beforeEach(async () => {
    driver = new Driver(lab);
    port = await driver.monitorPort("sensor", args);
    hypervisor = new Hypervisor(ids, String(port.outputs.ifaceId));
  });

  afterEach(async () => {
    for (const vm of [ids, lab.vm("ids3")]) await vm.unplug().catch(() => {});
    await driver.destroy();
    expect(await empty.differences()).to.deep.equal([]);
  });

  const read = async (made: Made) => (await driver.read(made)).props?.status;

  /** A service on the port, with `web` tapped into it. */
  async function tap(): Promise<Made> {
    const service = await driver.service("ids", { host: "host2", port: port.outputs.port });
    await driver.flow("web", service, { host: "host1", port: web.port, direction: "egress" });
    return service;
  }

  /** Of 10 frames each: how many copies of `web`, and how many frames of production, reach a VM. */
  async function reaching(vm: Vm): Promise<[copies: number, production: number]> {
    const other = lab.vm("other");
    await learn([web, other]);
    const [copied, own] = [web, other].map((from) => Array.from({ length: 10 }, () => broadcast(from)));
    const capture = await vm.capture();
    await web.send(copied!);
    await other.send(own!);
    const got = new Set((await all(capture)).map((frame) => frame.toString("hex")));
    const count = (frames: Buffer[]) => frames.filter((frame) => got.has(frame.toString("hex"))).length;
    return [count(copied!), count(own!)];
  }

  it("exists for the hypervisor before any VM does, and a service waits for the VM", async () => {
    expect(port.outputs).to.include({ status: "active (no port attached)", portName: "" });
    expect(port.outputs.libvirt).to.include(`interfaceid='${port.outputs.ifaceId}'`);
    expect(await lab.host(2).ovs("ovs-vsctl list-ports br-tap")).to.equal("");
    const service = tap();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await hypervisor.start();
    expect((await service).outputs).to.include({ portName: ids.port, status: "active" });
    expect(await reaching(ids)).to.deep.equal([10, 0]);
    expect([await read(port), port.outputs.portName]).to.deep.equal(["active", ids.port]);
    expect(await lab.host(2).ovs(`ovs-vsctl get Port ${ids.port} external_ids`)).to.equal("{}\n");
  });

  it("is not attached in time, and the service says what to start", async () => {
    const failed = await driver
      .service("ids", { host: "host2", port: port.outputs.port, attachTimeout: 0 })
      .then(
        () => undefined,
        (error: Error) => error,
      );
    expect(failed).to.have.property("code", "port-missing");
    expect(failed!.message).to.match(
      /with iface-id \S+ is not attached to br-tap yet.*Start its VM.*libvirt/,
    );
  });

  for (const [who, stop, start] of [
    ["libvirt", () => hypervisor.stop(), () => hypervisor.start()],
    ["os-vif", () => hypervisor.unplug(), () => hypervisor.plug()],
  ] as const) {
    it(`stays off the network when ${who} stops and starts the VM, and the next up restores the copies`, async () => {
      await start();
      const service = await tap();
      await stop();
      expect(await read(service)).to.match(/monitor port with iface-id \S+ is not plugged/);
      expect([await read(port), port.outputs.portName]).to.deep.equal(["active (no port attached)", ""]);
      await start();
      expect(await reaching(ids)).to.deep.equal([0, 0]);
      expect(await read(service)).to.match(/missing rule on br-tap/);
      await driver.update(service, { host: "host2", port: port.outputs.port });
      expect(await reaching(ids)).to.deep.equal([10, 0]);
    });
  }

  it("continues to get copies at a hard reboot, and stays off the network", async () => {
    await hypervisor.start();
    const service = await tap();
    await hypervisor.start();
    // Open vSwitch gives the number that it has just had to a port that goes and comes in one transaction.
    expect(await reaching(ids)).to.deep.equal([10, 0]);
    expect(await read(service)).to.equal("active");
  });

  it("is verified while a VM is attached, and wrong at its delivery while none is", async () => {
    await hypervisor.start();
    await tap();
    const settings = (key: string) => (key === "taas:sshConfig" ? lab.sshConfig : undefined);
    const delivery = async () => {
      const { taps } = await verifyTaps(settings, { hosts: ["host2"], window: 0.3 });
      return taps.flatMap(({ stages }) => stages).find(({ stage }) => stage === "delivery")!;
    };
    expect(await delivery()).to.include({ verdict: "proved", host: "host2" });
    await hypervisor.stop();
    const { verdict, detail } = await delivery();
    expect(verdict).to.equal("wrong");
    expect(detail).to.match(/^monitor port with iface-id \S+ is not plugged/);
  });

  it("stays while a VM is attached, and a service that is deleted moves it nowhere", async () => {
    await hypervisor.start();
    const service = await tap();
    await driver.delete(service);
    const refused = await driver.delete(port).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(refused).to.have.property("code", "monitor-port-in-use");
    expect(refused!.message).to.match(/port tap-ids is still attached to br-tap.*Shut its VM down/);
    expect((await lab.host(2).ovs(`ovs-vsctl port-to-br ${ids.port}`)).trim()).to.equal("br-tap");
    await hypervisor.stop();
  });

  it("says so when the VM was attached to br-int, from where a service moves it", async () => {
    await hypervisor.start("br-int");
    expect(await read(port)).to.equal(
      "drifted: host host2: port tap-ids is attached to br-int, not to br-tap",
    );
    const service = await tap();
    expect(await read(port)).to.equal("active (no port attached)");
    expect(await reaching(ids)).to.deep.equal([10, 0]);
    expect(await read(service)).to.equal("active");
  });

  it("is distinguished from another VM's port on the tap bridge, which belongs to no claim and gets nothing", async () => {
    await hypervisor.start();
    await tap();
    const stray = lab.vm("stray");
    await stray.host.ovs(`ovs-vsctl add-port br-tap ${stray.port}`);
    const capture = await stray.capture();
    await web.send([broadcast(web), broadcast(web)]);
    expect(await all(capture)).to.deep.equal([]);
    expect(await read(port)).to.equal("active");
    await hypervisor.stop();
    expect(await read(port)).to.match(/no port with iface-id \S+ is attached to br-tap, but tap-stray/);
    const refused = await driver.destroy().then(
      () => undefined,
      (error: Error) => error,
    );
    expect(refused?.message).to.match(
      /br-tap cannot be deleted with its last claim: port tap-stray is still attached to it/,
    );
    expect((await stray.host.ovs(`ovs-vsctl port-to-br ${stray.port}`)).trim()).to.equal("br-tap");
    await stray.unplug();
  });

  it("is on each host that the VM may migrate to, and the service follows it", async () => {
    const { ifaceId } = port.outputs;
    const there = await driver.monitorPort("sensor3", { ...args, host: "host3", ifaceId });
    const elsewhere = new Hypervisor(lab.vm("ids3"), String(ifaceId));
    await hypervisor.start();
    const follow = { hosts: ["host2", "host3"], port: port.outputs.port };
    const service = await driver.service("ids", follow);
    const flow = await driver.flow("web", service, { host: "host1", port: web.port, direction: "egress" });
    await hypervisor.stop();
    await elsewhere.start();
    expect(await read(service)).to.match(/port tap-ids3 is now on host host3, not on host2/);
    await driver.update(service, follow);
    await driver.read(flow);
    await driver.update(flow, {
      service: service.outputs.ref,
      host: "host1",
      port: web.port,
      direction: "egress",
    });
    expect(await reaching(lab.vm("ids3"))).to.deep.equal([10, 0]);
    expect(await read(there)).to.equal("active");
    await elsewhere.stop();
  });
});
