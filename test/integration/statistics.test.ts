import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { statistics } from "../../provider/handlers";
import type { TapStatistics } from "../../provider/statistics/statistics";
import { Driver } from "../driver/driver";
import { udp } from "../lab/frames";
import { type Lab, startLab } from "../lab/lab";

describe("statistics", () => {
  let lab: Lab;
  let driver: Driver | undefined;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1, vlan: 10 },
        { name: "db", host: 1, vlan: 10 },
        { name: "ids", host: 2, vlan: 20 },
        { name: "rec", host: 2, vlan: 20 },
      ],
    });
  });

  afterEach(async () => {
    await driver?.destroy();
    driver = undefined;
  });

  after(() => lab.stop());

  const read = () =>
    statistics((key) => (key === "taas:sshConfig" ? lab.sshConfig : undefined), ["host1", "host2"]);

  /** Rules count what the datapath has forwarded with a delay of up to a second or two. */
  async function readWhen(complete: (counted: TapStatistics) => boolean): Promise<TapStatistics> {
    for (let attempt = 0; ; attempt++) {
      const counted = await read();
      if (complete(counted) || attempt === 20) return counted;
      await sleep(250);
    }
  }

  it("count what was matched, decided by each rule, dropped by the cap and delivered", async () => {
    driver = new Driver(lab);
    const service = await driver.service("ids", { host: "host2", port: "tap-ids" });
    const flow = await driver.flow("web", service, {
      host: "host1",
      port: "tap-web",
      direction: "egress",
      filter: [
        { action: "reject", protocol: "udp", destinationPort: "5-9" },
        { action: "accept", protocol: "udp", destinationPort: "10-1000", snapLength: 60 },
      ],
      rateLimit: { packetsPerSecond: 10, burst: 5 },
    });
    const [web, db] = [lab.vm("web"), lab.vm("db")];
    const to = (destinationPort: number) =>
      udp({
        source: web.mac,
        destination: db.mac,
        sourceIp: "198.51.100.1",
        destinationIp: "198.51.100.2",
        sourcePort: 1,
        destinationPort,
        payload: Buffer.alloc(100),
      });
    const capture = await lab.vm("ids").capture();
    await web.send(Array.from({ length: 40 }, () => [to(6), to(500), to(2000)]).flat());
    const copies = (await capture.settle()).length;
    await capture.stop();
    expect(copies).to.be.within(5, 39);

    const { hosts } = await readWhen(
      ({ hosts: { host1, host2 } }) =>
        host1!.captures[0]!.matched.packets === 120 && host2!.services[0]!.delivered.packets === copies,
    );
    const [group] = hosts.host1!.captures;
    expect(hosts.host1!.captures).to.have.length(1);
    expect(group!.owners).to.deep.equal([flow.outputs.owner]);
    expect(group!.matched.packets).to.equal(120);
    expect(group!.rules.map(({ rule, action, count }) => [rule, action, count.packets])).to.deep.equal([
      [0, "reject", 40],
      [1, "accept", 40],
      ["default", "reject", 40],
    ]);
    expect(group!.copied.packets).to.equal(copies);
    expect(group!.dropped.packets).to.equal(40 - copies);
    expect(hosts.host2!.services.map(({ delivered }) => delivered.packets)).to.deep.equal([copies]);
    expect(hosts.host2!.tunnels.map(({ received }) => received.packets)).to.deep.equal([copies]);
  });

  it("count a capped flow as a whole, although a rule distinguishes its directions", async () => {
    driver = new Driver(lab);
    const service = await driver.service("ids", { host: "host2", port: "tap-ids" });
    await driver.flow("web", service, {
      host: "host1",
      port: "tap-web",
      filter: [
        { action: "reject", direction: "ingress", protocol: "udp", destinationPort: 9 },
        { action: "accept", protocol: "udp" },
      ],
      rateLimit: { packetsPerSecond: 10, burst: 5 },
    });
    const [web, db] = [lab.vm("web"), lab.vm("db")];
    const between = (from: typeof web, to: typeof web, destinationPort: number) =>
      udp({
        ...{ source: from.mac, destination: to.mac, sourceIp: from.ip, destinationIp: to.ip },
        ...{ sourcePort: 1, destinationPort, payload: Buffer.alloc(100) },
      });
    const capture = await lab.vm("ids").capture();
    for (let turn = 0; turn < 10; turn++) {
      await web.send([between(web, db, 500), between(web, db, 500)]);
      await db.send([between(db, web, 500), between(db, web, 9)]);
    }
    const copies = (await capture.settle()).length;
    await capture.stop();
    const { hosts } = await readWhen(
      ({ hosts: { host1, host2 } }) =>
        host1!.captures[0]!.matched.packets === 40 && host2!.services[0]!.delivered.packets === copies,
    );
    expect(hosts.host1!.captures).to.have.length(1);
    const [whole] = hosts.host1!.captures;
    expect(whole!.direction).to.equal("any");
    expect(whole!.rules.map(({ count }) => count.packets)).to.deep.equal([10, 30, 0]);
    expect([whole!.matched.packets, whole!.copied.packets, whole!.dropped.packets]).to.deep.equal([
      40,
      copies,
      30 - copies,
    ]);
  });

  it("count of a sample what was captured, and what the sample let through to the filter and beyond", async () => {
    driver = new Driver(lab);
    const service = await driver.service("ids", { host: "host2", port: "tap-ids" });
    await driver.flow("web", service, {
      ...{ host: "host1", port: "tap-web", direction: "egress", sampling: { oneIn: 4 } },
      filter: [{ action: "reject", protocol: "udp", destinationPort: 9 }],
      defaultAction: "accept",
    });
    const [web, db] = [lab.vm("web"), lab.vm("db")];
    const frames = Array.from({ length: 200 }, (_, index) =>
      udp({
        ...{ source: web.mac, destination: db.mac, sourceIp: web.ip, destinationIp: db.ip },
        ...{ sourcePort: 10_000 + (index >> 1), destinationPort: index % 2 === 0 ? 9 : 500 },
      }),
    );
    const capture = await lab.vm("ids").capture();
    await web.send(frames);
    const copies = (await capture.settle()).length;
    await capture.stop();
    expect(copies, "of 100 conversations that the filter accepts").to.be.within(8, 50);
    const { hosts } = await readWhen(
      ({ hosts: { host1, host2 } }) =>
        host1!.captures[0]!.matched.packets === 200 && host2!.services[0]!.delivered.packets === copies,
    );
    const [group, ...others] = hosts.host1!.captures;
    expect(others).to.deep.equal([]);
    const [rejected, accepted] = group!.rules.map(({ count }) => count.packets);
    expect([group!.matched.packets, accepted, group!.copied.packets]).to.deep.equal([200, copies, copies]);
    expect(rejected, "of 100 conversations that the filter rejects").to.be.within(8, 50);
    expect(hosts.host2!.services.map(({ delivered }) => delivered.packets)).to.deep.equal([copies]);
  });

  it("count two flows of one port apart where each has its own counters", async () => {
    driver = new Driver(lab);
    const service = await driver.service("ids", { host: "host2", port: "tap-ids" });
    const args = { host: "host1", port: "tap-web", direction: "egress", counters: "own" };
    const [one, two] = [await driver.flow("one", service, args), await driver.flow("two", service, args)];
    const { captures } = (await read()).hosts.host1!;
    const owners = captures.map((capture) => capture.owners);
    expect(owners.sort()).to.deep.equal([[one.outputs.owner], [two.outputs.owner]]);
  });

  it("count for a service what is delivered to it alone, however alike the tunnel ids look", async () => {
    driver = new Driver(lab);
    const [ids, rec] = [
      await driver.service("ids", { host: "host2", port: "tap-ids", tunnelId: 0x1 }),
      await driver.service("rec", { host: "host2", port: "tap-rec", tunnelId: 0x10 }),
    ];
    await driver.flow("web", rec, { host: "host1", port: "tap-web", direction: "egress" });
    await driver.flow("db", ids, { host: "host1", port: "tap-db", direction: "egress" });
    const [web, db] = [lab.vm("web"), lab.vm("db")];
    const frame = udp({
      source: web.mac,
      destination: db.mac,
      sourceIp: "198.51.100.1",
      destinationIp: "198.51.100.2",
      sourcePort: 1,
      destinationPort: 2,
      payload: Buffer.alloc(100),
    });
    await web.send(Array.from({ length: 20 }, () => frame));

    const deliveredTo = (counted: TapStatistics, tunnelId: number) =>
      counted.hosts.host2!.services.find((service) => service.tunnelId === tunnelId)!.delivered.packets;
    const counted = await readWhen((now) => deliveredTo(now, 0x10) >= 20);
    expect([deliveredTo(counted, 0x1), deliveredTo(counted, 0x10)]).to.deep.equal([0, 20]);
  });

  it("of a host without taps are empty", async () => {
    expect((await read()).hosts.host1).to.deep.equal({
      address: "host1",
      captures: [],
      tunnels: [],
      services: [],
    });
  });
});
