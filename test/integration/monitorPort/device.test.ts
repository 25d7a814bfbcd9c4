import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { DATAPATH } from "../../lab/datapath";
import type { LabHost } from "../../lab/host";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { all, broadcast, expectFrames, flooded, learn, received, unicast } from "../copies/traffic";
import { Baseline } from "../faults/hosts";

const MAC = "02:00:00:00:00:77";

describe("a monitor port that is a device of the host", function () {
  this.timeout(60_000);
  let lab: Lab;
  let host: LabHost;
  let driver: Driver;
  let empty: Baseline;
  let vm: Record<"web" | "app" | "peer" | "small", Vm>;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "app", host: 2 },
      { name: "peer", host: 2 },
      { name: "small", host: 2, mtu: 1400 },
    ];
    lab = await startLab({ hosts: 2, vms });
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
    host = lab.host(2);
  });

  after(() => lab?.stop());

  beforeEach(async () => {
    driver = new Driver(lab);
    empty = await Baseline.of(lab);
  });

  /** What ovs-vswitchd draws anew for ports that are nobody's device when it starts. */
  const DRAWN = /^host2 ~ Interface (?:vxlan|patch)-\S+ \S+ mac_in_use: /;

  afterEach(async () => {
    await driver.destroy();
    expect((await empty.differences()).filter((line) => !DRAWN.test(line))).to.deep.equal([]);
  });

  /** A port and a service on it, with `web` and `app` tapped into it. */
  async function tap(args: object = {}): Promise<{ port: Made; service: Made; device: string }> {
    const port = await driver.monitorPort("sensor", { host: "host2", ...args });
    const service = await driver.service("ids", { host: "host2", port: port.outputs.port });
    for (const source of [vm.web, vm.app])
      await driver.flow(source.name, service, {
        host: source.host.name,
        port: source.port,
        direction: "egress",
      });
    const device = String(port.outputs.portName);
    await host.ovs(`ip link set ${device} up`);
    return { port, service, device };
  }

  /** What reaches a device while `web` and `app` send; and what they send. */
  async function copies(device: string, namespace?: string): Promise<[got: Buffer[], sent: Buffer[]]> {
    await learn([vm.web, vm.app, vm.peer]);
    const capture = await host.captureDevice(device, namespace);
    const sent = [vm.web, vm.app].flatMap((from) => [...unicast(from, vm.peer), ...flooded(from)]);
    for (const from of [vm.web, vm.app])
      await from.send(
        sent.filter((frame) => frame.subarray(6, 12).toString("hex") === from.mac.replaceAll(":", "")),
      );
    return [await all(capture, sent.length), sent];
  }

  it("gets copies from its host and from others, byte for byte, and what it sends is dropped", async () => {
    const { port, device } = await tap({ mac: MAC, mtu: 1600 });
    expect(port.outputs.status).to.equal("active");
    expect(device).to.match(/^mp-[0-9a-f]{12}$/);
    const link = await host.ovs(`ip -o link show dev ${device}`);
    expect(link).to.include(MAC).and.include("mtu 1600");
    const [got, sent] = await copies(device);
    expectFrames(got, sent);
    expect(await read(port)).to.equal("active");
    const [web, app] = await received([vm.web, vm.app], async () => {
      await host.ovs(
        `ip address add 198.51.100.77/24 dev ${device}; ping -c 2 -W 1 -I ${device} ${vm.app.ip} || true`,
      );
    });
    expect([web!.length, app!.length]).to.deep.equal([0, 0]);
  });

  async function read(made: Made): Promise<unknown> {
    const { props } = await driver.read(made);
    return props?.status;
  }

  it("keeps working in a container's network namespace", async () => {
    const { port, service, device } = await tap();
    const container = `${host.namespace}-c`;
    const inside = `ip -n ${container}`;
    await host.ovs(
      `ip netns add ${container}; ip link set ${device} netns ${container}; ${inside} link set ${device} up`,
    );
    try {
      const arrived = async () => {
        const text = await host.ovs(`${inside} -j -s link show dev ${device}`);
        return (JSON.parse(text) as [{ stats64: { rx: { packets: number } } }])[0].stats64.rx.packets;
      };
      const before = await arrived();
      await learn([vm.web, vm.app, vm.peer]);
      const sent = Array.from({ length: 20 }, () => broadcast(vm.web));
      const control = await vm.app.capture();
      await vm.web.send(sent);
      expect(await all(control, sent.length)).to.have.length(sent.length);
      // Two more were sent for the bridges to learn where the VMs are.
      expect((await arrived()) - before).to.equal(sent.length + 2);
      expect([await read(port), await read(service)]).to.deep.equal(["active", "active"]);
      if (DATAPATH !== "netdev") return;
      // The device is ovs-vswitchd's own there, and the next one makes another.
      await host.restartVswitchd();
      expect((await host.run(["ip", "link", "show", "dev", device])).exitCode).to.equal(0);
    } finally {
      await host.ovs(`ip netns del ${container}`);
    }
  });

  it("changes in place, and another name is another device", async () => {
    const { port, service, device } = await tap();
    await driver.update(port, { host: "host2", mtu: 1700, mac: MAC });
    expect(await host.ovs(`ip -o link show dev ${device}`))
      .to.include("mtu 1700")
      .and.include(MAC);
    expect(await driver.update(port, { host: "host2" })).to.equal(true);
    expect(await host.ovs(`ovs-vsctl get Interface ${device} mac mtu_request`)).to.equal("[]\n1500\n");
    expect(await host.ovs(`ip -o link show dev ${device}`), "which nobody has changed").to.include(MAC);
    expect(await read(port)).to.equal("active");
    expect(await driver.update(port, { host: "host2", name: "suricata0" })).to.equal(true);
    expect(port.outputs).to.include({ port: "suricata0", portName: "suricata0" });
    expect(await read(service)).to.match(/monitor port "mp-[0-9a-f]{12}" is not plugged/);
    await driver.update(service, { host: "host2", port: port.outputs.port });
    await host.ovs("ip link set suricata0 up");
    const [got, sent] = await copies("suricata0");
    expectFrames(got, sent);
    expect((await host.run(["ip", "link", "show", "dev", device])).exitCode).not.to.equal(0);
  });

  it("keeps its MTU, and gets large copies, when a VM with a smaller one becomes a monitor beside it", async () => {
    const { device } = await tap();
    await driver.service("small", { host: "host2", port: vm.small.port });
    expect(await host.ovs(`ip -o link show dev ${device}`)).to.include("mtu 1500");
    const [got, sent] = await copies(device);
    expectFrames(got, sent);
  });

  it("is created again by the next up when somebody has deleted it", async () => {
    const { port, service, device } = await tap();
    await host.ovs(`ovs-vsctl del-port ${device}`);
    expect(await read(port)).to.match(new RegExp(`^drifted: host host2: missing port ${device} on br-tap`));
    expect(await read(service)).to.match(/monitor port ".*" is not plugged/);
    await driver.update(port, { host: "host2" });
    await driver.update(service, { host: "host2", port: port.outputs.port });
    await host.ovs(`ip link set ${device} up`);
    const [got, sent] = await copies(device);
    expectFrames(got, sent);
    expect([await read(port), await read(service)]).to.deep.equal(["active", "active"]);
  });

  it("exists again after a restart of Open vSwitch, and gets copies once the rules are restored", async () => {
    const { service, device } = await tap();
    await host.restartVswitchd();
    expect(await read(service)).to.match(/missing rule on br-tap/);
    await driver.update(service, { host: "host2", port: device });
    await host.ovs(`ip link set ${device} up`);
    const [got, sent] = await copies(device);
    expectFrames(got, sent);
  });

  it("gets nothing while no service uses it", async () => {
    const port = await driver.monitorPort("sensor", { host: "host2" });
    const other = await driver.service("ids", { host: "host2", port: vm.peer.port });
    await driver.flow("web", other, { host: "host1", port: vm.web.port });
    const device = String(port.outputs.portName);
    await host.ovs(`ip link set ${device} up`);
    const capture = await host.captureDevice(device);
    await vm.web.send([broadcast(vm.web), broadcast(vm.web)]);
    expect(await all(capture)).to.deep.equal([]);
  });

  it("continues to be used by another stack, which must give it up first", async () => {
    const theirs = new Driver(lab, "organization/driver/theirs");
    const port = await driver.monitorPort("sensor", { host: "host2" });
    const service = await theirs.service("ids", { host: "host2", port: port.outputs.port });
    const refused = await driver.delete(port).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(refused).to.have.property("code", "monitor-port-in-use");
    expect(refused!.message).to.include("organization/driver/theirs/TapService/ids");
    await theirs.delete(service);
  });
});
