import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { udp } from "../../lab/frames";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots } from "../../lab/snapshot";

const PORT = { ifaceId: "3b5a2c1e-0000-4000-8000-000000000001" };
const VM = "5c8e2b8e-0000-4000-8000-000000000001";
const HOSTS = ["host1", "host2", "host3"];

describe("a port with candidates for its host", () => {
  let lab: Lab;

  before(async () => {
    lab = await startLab({
      hosts: 3,
      vms: [
        { name: "web", host: 1, vlan: 10, ifaceId: PORT.ifaceId },
        { name: "web2", host: 3, vlan: 10, ifaceId: PORT.ifaceId },
        { name: "ids", host: 2, vlan: 20, ifaceId: "ids" },
        { name: "ids3", host: 3, vlan: 20, ifaceId: "ids" },
        { name: "nic", host: 2, vlan: 20, vmUuid: VM },
        { name: "nic2", host: 2, vlan: 20, vmUuid: VM },
      ],
    });
    await lab.vm("web2").unplug();
    await lab.vm("ids3").unplug();
    await lab.vm("nic2").unplug();
  });

  after(() => lab.stop());

  async function copies(from: string, to: string): Promise<number> {
    const [source, monitor] = [lab.vm(from), lab.vm(to)];
    const capture = await monitor.capture();
    const header = { source: source.mac, destination: "02:00:00:00:00:99" };
    const frame = udp({
      ...header,
      sourceIp: "198.51.100.1",
      destinationIp: "198.51.100.2",
      sourcePort: 1,
      destinationPort: 2,
    });
    await source.send([frame, frame, frame]);
    const frames = await capture.settle({ frames: 3, timeoutMs: 1500 });
    await capture.stop();
    return frames.filter((copy) => copy.equals(frame)).length;
  }

  it("is found where it is, and followed by a refresh and an update to where it moved", async () => {
    const before = await Promise.all(lab.hosts.map((host) => host.snapshot()));
    const driver = new Driver(lab);
    const service = await driver.service("ids", { hosts: HOSTS, port: { ifaceId: "ids" } });
    const flow = await driver.flow("web", service, { hosts: HOSTS, port: PORT, direction: "egress" });
    expect([service.outputs.portName, flow.outputs.portName]).to.deep.equal(["tap-ids", "tap-web"]);
    expect(await copies("web", "ids")).to.equal(3);

    await lab.vm("web2").plug();
    await lab.vm("web").unplug();
    await driver.read(flow);
    expect(flow.outputs.status).to.match(/^drifted: .*port tap-web2 is now on host host3, not on host1/);
    expect(
      await driver.update(flow, {
        service: service.outputs.ref,
        hosts: HOSTS,
        port: PORT,
        direction: "egress",
      }),
    ).to.equal(true);
    expect(await copies("web2", "ids")).to.equal(3);
    await driver.read(flow);
    expect(flow.outputs.status).to.equal("active");

    await lab.vm("ids3").plug();
    await lab.vm("ids").unplug();
    await driver.read(service);
    await driver.read(flow);
    expect(service.outputs.status).to.match(/^drifted: .*port tap-ids3 is now on host host3, not on host2/);
    expect(flow.outputs.status).to.match(/^drifted: /);
    await driver.update(service, { hosts: HOSTS, port: { ifaceId: "ids" } });
    await driver.update(flow, {
      service: service.outputs.ref,
      hosts: HOSTS,
      port: PORT,
      direction: "egress",
    });
    expect(await copies("web2", "ids3")).to.equal(3);

    await driver.destroy();
    await lab.vm("web").plug();
    await lab.vm("ids").plug();
    await lab.vm("web2").unplug();
    await lab.vm("ids3").unplug();
    const after = await Promise.all(lab.hosts.map((host) => host.snapshot()));
    const left = before.flatMap((snapshot, index) => diffSnapshots(snapshot, after[index]!));
    expect(left.filter((line) => /br-tap|taas|m[itvdox]-/.test(line))).to.deep.equal([]);
  });

  it("is followed while its former host still has a row of it, which is inactive", async () => {
    const driver = new Driver(lab);
    const service = await driver.service("ids", { host: "host2", port: { ifaceId: "ids" } });
    const args = { hosts: HOSTS, port: PORT, direction: "egress" };
    const flow = await driver.flow("web", service, args);
    const mark = (status: string) =>
      lab.host(1).ovs(`ovs-vsctl set Interface tap-web external_ids:iface-status=${status}`);
    await lab.vm("web2").plug();
    await driver.read(flow);
    expect(flow.outputs, "while both are active").to.include({ status: "active", portName: "tap-web" });
    await mark("inactive");
    await driver.read(flow);
    expect(flow.outputs.status).to.match(/^drifted: .*port tap-web2 is now on host host3, not on host1/);
    expect(await driver.update(flow, { ...args, service: service.outputs.ref })).to.equal(true);
    expect(await copies("web2", "ids")).to.equal(3);
    expect(await copies("web", "ids")).to.equal(0);
    await driver.read(flow);
    expect(flow.outputs).to.include({ status: "active", portName: "tap-web2" });
    await driver.destroy();
    await mark("active");
    await lab.vm("web2").unplug();
  });

  it("must be plugged into one of them, and only one", async () => {
    const driver = new Driver(lab);
    const nowhere = driver
      .service("none", { hosts: HOSTS, port: { ifaceId: "none" }, attachTimeout: 0 })
      .catch((e: Error) => e);
    expect(((await nowhere) as Error).message).to.match(
      /not plugged into any of the hosts host1, host2, host3/,
    );
    await lab.vm("ids3").plug();
    const both = driver
      .service("both", { hosts: HOSTS, port: { ifaceId: "ids" }, attachTimeout: 0 })
      .catch((e: Error) => e);
    expect(((await both) as Error).message).to.match(/is plugged into several hosts: host2 and host3/);
    await lab.vm("ids3").unplug();
  });

  it("stays the current monitor when its VM gets another", async () => {
    const driver = new Driver(lab);
    const args = { hosts: HOSTS, port: { vmUuid: VM }, attachTimeout: 0 };
    const service = await driver.service("nic", args);
    await lab.vm("nic2").plug();
    await driver.update(service, { ...args, description: "as before" });
    expect(service.outputs.portName).to.equal("tap-nic");
    await driver.read(service);
    expect(service.outputs.status).to.equal("active");
    await driver.destroy();
    await lab.vm("nic2").unplug();
  });

  it("is found once on a machine that is given by two of its names, or twice", async () => {
    const driver = new Driver(lab);
    const hosts = ["host2-alias", "host2", "host2", "host1"];
    const service = await driver.service("ids", { hosts, port: { ifaceId: "ids" } });
    const flow = await driver.flow("web", service, { hosts: ["host1", "host1-alias"], port: PORT });
    expect(await copies("web", "ids")).to.equal(3);
    for (const one of [service, flow]) {
      await driver.read(one);
      expect(one.outputs.status).to.equal("active");
    }
    await driver.destroy();
    for (const host of lab.hosts) expect(await host.ovs("ovs-vsctl list-br")).not.to.contain("br-tap");
  });

  it("has one host or candidates, not both", () => {
    const driver = new Driver(lab);
    expect(() => driver.check("TapService", "x", { host: "host1", hosts: HOSTS, port: "p" })).to.throw(
      /hosts: give host, or hosts/,
    );
    expect(() => driver.check("TapService", "x", { port: "p" })).to.throw(
      /host: this argument is required \(or hosts, or collector\)/,
    );
  });
});
