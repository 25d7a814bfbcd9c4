import { setTimeout } from "node:timers/promises";
import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { udp } from "../../lab/frames";
import { giveIpv6, ipv6Of, requireIpv6 } from "../../lab/ipv6";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import type { Vm } from "../../lab/vm";
import { between, expectFrames, learn, received, unicast } from "../copies/traffic";

/** A control message of BFD: the sender's session is down, and it knows no other (RFC 5880 section 4.1). */
const SESSION_DOWN = Buffer.from("204003180000000100000000000f4240000f424000000000", "hex");

/** Packets to the port of BFD, as a VM that is a router sends them to its neighbour (RFC 5881). */
function toPortOfBfd(from: Vm, to: Vm): Buffer[] {
  const header = { ...between(from, to), sourcePort: 49_152, destinationPort: 3_784, ttl: 255 };
  return [Buffer.alloc(24, "not BFD"), SESSION_DOWN, Buffer.alloc(100)].map((payload) =>
    udp({ ...header, payload }),
  );
}

describe("a mirror tunnel with BFD", function () {
  this.timeout(40_000);
  let lab: Lab;
  let driver: Driver;
  let clean: HostSnapshot[];

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1, mtu: 1_400 },
        { name: "db", host: 1, mtu: 1_400 },
        { name: "mon2", host: 2 },
      ],
    });
    await giveIpv6(lab.hosts);
    driver = new Driver(lab);
    clean = await Promise.all(lab.hosts.map((host) => host.snapshot()));
  });
  after(() => lab?.stop());
  afterEach(async () => {
    await lab.host(2).ovs("ip link set nic1 up");
    await driver.destroy();
    for (const [index, host] of lab.hosts.entries())
      expect(diffSnapshots(clean[index]!, await host.snapshot())).to.deep.equal([]);
    driver.warnings.length = 0;
  });

  const six = () => lab.hosts.map((host) => ({ address: host.name, tunnelIp: ipv6Of(host) }));
  const four = () => lab.hosts.map((host) => host.name);

  /** What BFD says at each end. */
  async function states(tunnel: Made): Promise<string[]> {
    const names = Object.values(tunnel.outputs.portNames as Record<string, string>);
    const get = (index: number) =>
      lab.host(index + 1).ovs(`ovs-vsctl get Interface ${names[index]} bfd_status:state`);
    return Promise.all(names.map(async (_, index) => (await get(index)).trim()));
  }

  const kinds = [
    { what: "VXLAN", hosts: four, args: {} },
    { what: "Geneve", hosts: four, args: { type: "geneve" } },
    { what: "GRE", hosts: four, args: { type: "gre" } },
    { what: "VXLAN over IPv6", hosts: six, args: {} },
  ];
  for (const { what, hosts, args } of kinds) {
    it(`of ${what} is created with both ends up, and carries copies and nothing else`, async function () {
      if (hosts === six) requireIpv6(this);
      const tunnel = await driver.tunnel("tunnel", { hosts: hosts(), bfd: true, ...args });
      expect([tunnel.outputs.status, driver.warnings]).to.deep.equal(["active", []]);
      expect(await states(tunnel)).to.deep.equal(["up", "up"]);
      await driver.read(tunnel);
      expect(tunnel.outputs.status).to.equal("active");
      const service = await driver.service("ids", { host: hosts()[1], port: "tap-mon2" });
      await driver.flow("web", service, { host: hosts()[0], port: "tap-web", tunnel: tunnel.outputs.ref });
      const [web, db] = [lab.vm("web"), lab.vm("db")];
      await learn([web, db]);
      const frames = unicast(web, db);
      const [copies] = await received([lab.vm("mon2")], () => web.send(frames), [frames.length]);
      expectFrames(copies!, frames);
    });
  }

  it("takes no copy for a message of its own, whatever a tapped VM sends", async () => {
    const tunnel = await driver.tunnel("tunnel", { hosts: four(), bfd: true });
    const service = await driver.service("ids", { host: "host2", port: "tap-mon2" });
    await driver.flow("web", service, { host: "host1", port: "tap-web", tunnel: tunnel.outputs.ref });
    const [web, db] = [lab.vm("web"), lab.vm("db")];
    await learn([web, db]);
    const frames = toPortOfBfd(web, db);
    const [copies] = await received([lab.vm("mon2")], () => web.send(frames), [frames.length]);
    expect(await states(tunnel)).to.deep.equal(["up", "up"]);
    expectFrames(copies!, frames);
    await driver.read(tunnel);
    expect(tunnel.outputs.status).to.equal("active");
  });

  it("has drifted while the ends do not detect each other, and says which", async () => {
    const tunnel = await driver.tunnel("tunnel", { hosts: four(), bfd: true });
    await lab.host(2).ovs("ip link set nic1 down");
    while ((await states(tunnel)).includes("up")) await setTimeout(100);
    await driver.read(tunnel);
    expect(tunnel.outputs.status).to.match(/^drifted: host host1: tunnel to host2 is down \(BFD down\)/);
    expect(tunnel.outputs.status).to.match(/host host2: tunnel to host1 is down \(BFD \w+\)$/);
    await lab.host(2).ovs("ip link set nic1 up");
    expect(await driver.update(tunnel, { hosts: four(), bfd: true })).to.equal(true);
    expect(tunnel.outputs.status).to.equal("active");
    expect(driver.warnings).to.deep.equal([]);
    await driver.read(tunnel);
    expect(tunnel.outputs.status).to.equal("active");
  });

  it("is created with a warning when its ends do not detect each other, and says so until they do", async () => {
    await lab.host(2).ovs("ip link set nic1 down");
    const tunnel = await driver.tunnel("tunnel", { hosts: four(), bfd: true });
    expect(driver.warnings.sort()).to.deep.equal([
      "host host1: tunnel to host2 is down (BFD down) 5 s after it was created",
      "host host2: tunnel to host1 is down (BFD down) 5 s after it was created",
    ]);
    expect(tunnel.outputs.status).to.match(
      /^drifted: host host1: tunnel to host2 is down \(BFD down\); host host2/,
    );
    await lab.host(2).ovs("ip link set nic1 up");
    await driver.update(tunnel, { hosts: four(), bfd: true });
    expect(tunnel.outputs.status).to.equal("active");
  });

  it("has BFD or not as the update says, and again when somebody turns it off", async () => {
    const tunnel = await driver.tunnel("tunnel", { hosts: four() });
    expect(await states(tunnel).catch(() => "no state")).to.equal("no state");
    await driver.update(tunnel, { hosts: four(), bfd: true });
    expect(await states(tunnel)).to.deep.equal(["up", "up"]);
    const [name] = Object.values(tunnel.outputs.portNames as Record<string, string>);
    await lab.host(1).ovs(`ovs-vsctl set Interface ${name} bfd:enable=false`);
    await driver.read(tunnel);
    expect(tunnel.outputs.status).to.match(/^drifted: host host1: altered port/);
    await driver.update(tunnel, { hosts: four(), bfd: true });
    expect(await states(tunnel)).to.deep.equal(["up", "up"]);
  });
});
