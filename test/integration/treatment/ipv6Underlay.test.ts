import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { giveIpv6, ipv6Of, requireIpv6 } from "../../lab/ipv6";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import type { Vm } from "../../lab/vm";
import { expectFrames, flooded, learn, received, unicast } from "../copies/traffic";
import { learnUnderlay, watchUnderlay } from "../copies/underlay";
import { decapsulateAll } from "./encapsulation";

const PORTS = { 5555: "vxlan", 6666: "geneve" } as const;

describe("copies over IPv6", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let clean: HostSnapshot[];
  let web: Vm;
  let db: Vm;

  before(async function () {
    requireIpv6(this);
    lab = await startLab({
      vms: [
        { name: "web", host: 1, mtu: 1_400 },
        { name: "db", host: 1, mtu: 1_400 },
        { name: "mon3", host: 3 },
      ],
    });
    await giveIpv6(lab.hosts);
    await learnUnderlay(lab);
    driver = new Driver(lab);
    [web, db] = [lab.vm("web"), lab.vm("db")];
    clean = await Promise.all(lab.hosts.map((host) => host.snapshot()));
  });
  after(() => lab?.stop());
  afterEach(async () => {
    await driver.destroy();
    for (const [index, host] of lab.hosts.entries())
      expect(diffSnapshots(clean[index]!, await host.snapshot())).to.deep.equal([]);
  });

  const six = (number: number) => ({ address: `host${number}`, tunnelIp: ipv6Of(lab.host(number)) });
  const numbers = { pair: [1, 3], mesh: [1, 2, 3] } as const;

  /** Copies come byte for byte, from host 1 to host 3 over these kinds of packets and by no other host. */
  async function expectTravel(kind: string, service: Made): Promise<void> {
    await learn([web, db]);
    const [sent, got] = [[...unicast(web, db), ...flooded(web)], unicast(db, web)];
    let copies: Buffer[] = [];
    const cards = await watchUnderlay(lab, async () => {
      const send = async () => {
        await web.send(sent);
        await db.send(got);
      };
      [copies] = (await received([lab.vm("mon3")], send, [sent.length + got.length])) as [Buffer[]];
    });
    expectFrames(copies, [...sent, ...got], "copies");
    const id = service.outputs.tunnelId;
    for (const [index, card] of cards.entries()) {
      const seen = decapsulateAll(card.frames, PORTS).filter(({ key }) => key === id);
      const ends = new Set(seen.map(({ kind: how, from, to }) => `${how} ${from} ${to}`));
      const way = `${kind} ${ipv6Of(lab.host(1))} ${ipv6Of(lab.host(3))}`;
      expect([...ends], `card of host ${index + 1}`).to.deep.equal(index === 1 ? [] : [way]);
      const frames = seen.map(({ frame }) => frame);
      expectFrames(frames, index === 1 ? [] : [...sent, ...got], `card of host ${index + 1}`);
    }
  }

  for (const mode of ["pair", "mesh"] as const) {
    for (const { type, kind, udpPort } of [
      { type: "vxlan", kind: "vxlan", udpPort: 5_555 },
      { type: "geneve", kind: "geneve", udpPort: 6_666 },
      { type: "gre", kind: "gre", udpPort: undefined },
    ]) {
      it(`travel by a ${type} ${mode}`, async () => {
        const hosts = numbers[mode].map(six);
        await driver.tunnel("tunnel", { hosts, mode, type, udpPort });
        const service = await driver.service("ids", { host: six(3), port: "tap-mon3" });
        const flow = await driver.flow("web", service, { host: six(1), port: "tap-web" });
        await expectTravel(kind, service);
        await driver.read(flow);
        expect(flow.outputs.status).to.equal("active");
      });
    }
  }

  it("travel by the default tunnel, however the addresses are spelled", async () => {
    const spelled = (number: number) => ({
      address: `host${number}`,
      tunnelIp: `2001:0DB8:0:0::00${10 + number}`,
    });
    const service = await driver.service("ids", { host: spelled(3), port: "tap-mon3" });
    await driver.flow("web", service, { host: spelled(1), port: "tap-web" });
    await expectTravel("vxlan", service);
  });

  it("travel by the addresses that OVN was given, however they are spelled", async () => {
    const spelled = (number: number) => `2001:0DB8:0:0::00${10 + number}, ${lab.host(number).address}`;
    const row = (line: string) =>
      Promise.all([1, 3].map((number) => lab.host(number).ovs(line.replace("?", spelled(number)))));
    await row("ovs-vsctl set Open_vSwitch . external_ids:ovn-encap-ip='\"?\"'");
    try {
      const service = await driver.service("ids", { host: "host3", port: "tap-mon3" });
      await driver.flow("web", service, { host: "host1", port: "tap-web" });
      await expectTravel("vxlan", service);
    } finally {
      await row("ovs-vsctl remove Open_vSwitch . external_ids ovn-encap-ip");
    }
  });

  it("travel by the addresses that a tunnel names, while the hosts' own are IPv4", async () => {
    const localIps = [1, 3].map((number) => ipv6Of(lab.host(number)));
    await driver.tunnel("tunnel", { hosts: ["host1", "host3"], udpPort: 5_555, localIps });
    const service = await driver.service("ids", { host: "host3", port: "tap-mon3" });
    await driver.flow("web", service, { host: "host1", port: "tap-web" });
    await expectTravel("vxlan", service);
  });

  it("are refused between an IPv4 and an IPv6 address", async () => {
    const message = /its tunnel address \S+ and that of host\d, \S+, are not both IPv4 or both IPv6/;
    const service = await driver.service("ids", { host: six(3), port: "tap-mon3" });
    const flow = driver.flow("web", service, { host: "host1", port: "tap-web" });
    expect(await flow.then(() => "made", String)).to.match(message);
    const tunnel = driver.tunnel("tunnel", { hosts: ["host1", six(3)] });
    expect(await tunnel.then(() => "made", String)).to.match(message);
  });

  it("are sent to an IPv6 collector from a host whose tunnel address is IPv4", async () => {
    const collector = await lab.addCollector();
    const capture = await collector.capture();
    const service = await driver.service("ids", {
      collector: { type: "geneve", address: collector.address6 },
    });
    await driver.flow("web", service, { host: "host1", port: "tap-web" });
    await learn([web, db]);
    const frames = unicast(web, db);
    await received([db], () => web.send(frames), [frames.length]);
    const copies = decapsulateAll(await capture.stop());
    expect([...new Set(copies.map(({ from }) => from))]).to.deep.equal([ipv6Of(lab.host(1))]);
    expect(copies.map(({ frame }) => frame.toString("hex"))).to.include.members(
      frames.map((frame) => frame.toString("hex")),
    );
  });
});
