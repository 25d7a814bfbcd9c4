import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { learn } from "../copies/traffic";
import { meterCounters, meters } from "./meterStats";
import { countStreams, steadyRate, taken } from "./rates";

/** Streams: 50 Mbit/s of the longest frames of a VM with an MTU of 1450, 0.5 Mbit/s of them, and small frames. */
const FRAME = 1_464;
const HEADERS = 14 + 20 + 8;
const FULL = { payloadSize: FRAME - HEADERS, pps: 4_269, port: 5_001 };
const SLOW = { ...FULL, pps: 43, port: 5_002 };
const SMALL = { payloadSize: 64, pps: 2_000, port: 5_001 };

/** What the bridge counts of a frame: with its own tag. */
const COUNTED = FRAME + 4;

describe("a cap on copies", function () {
  this.timeout(40_000);
  let lab: Lab;
  let driver: Driver;
  let web: Vm;
  let db: Vm;
  let monitors: Vm[];

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1 },
        { name: "mon1", host: 1 },
        { name: "mon2", host: 2 },
      ],
    });
    driver = new Driver(lab);
    [web, db] = [lab.vm("web"), lab.vm("db")];
    await countStreams(lab.host(1), [web, db], [FULL.port, SLOW.port]);
    monitors = [lab.vm("mon1"), lab.vm("mon2")];
  });
  after(() => lab?.stop());
  afterEach(() => driver.destroy());

  /** Taps web into a monitor on its own host and into one on the other. */
  async function tap(args: object): Promise<Made[]> {
    const flows = [];
    for (const monitor of monitors) {
      const service = await driver.service(monitor.name, { host: monitor.host.name, port: monitor.port });
      flows.push(
        await driver.flow(`web-${monitor.name}`, service, { host: "host1", port: "tap-web", ...args }),
      );
    }
    await learn([web, db]);
    return flows;
  }

  /** Sends streams at once and resolves with the frames of each that the switch took in, and those that then arrived. */
  async function send(seconds: number, ...streams: { from: Vm; to: Vm; options: typeof FULL }[]) {
    const flows = streams.map(({ from, options }) => ({ from, port: options.port }));
    const before = await Promise.all(flows.map((flow) => taken(lab.host(1), flow)));
    const captures = await Promise.all(monitors.map((monitor) => monitor.capture()));
    const results = await Promise.all(
      streams.map(async ({ from, to, options }) => {
        const stream = await lab.startStream({ from, to, ...options, count: seconds * options.pps });
        return stream.finished();
      }),
    );
    await Promise.all(captures.map((capture) => capture.settle({ quietMs: 300 })));
    await Promise.all(captures.map((capture) => capture.stop()));
    const after = await Promise.all(flows.map((flow) => taken(lab.host(1), flow)));
    const production = results.map(({ received, duplicated }, index) => {
      return { taken: after[index]! - before[index]!, arrived: received - duplicated.length };
    });
    return { production, copies: captures };
  }

  it("of 1 Mbit/s on 50 Mbit/s passes that much, counts what it drops, and costs production no frame", async () => {
    const control = (await send(2, { from: web, to: db, options: FULL })).production[0]!;
    expect(control.arrived).to.equal(control.taken);
    await tap({ rateLimit: { kbps: 1_000 } });
    const start = await meterCounters(lab.host(1));
    const { production, copies } = await send(4, { from: web, to: db, options: FULL });
    expect(production[0]!.arrived).to.equal(production[0]!.taken);
    expect(production[0]!.taken).to.be.above(2 * FULL.pps);
    const counters = (await meterCounters(lab.host(1))).map((counter, index) => ({
      seen: counter.seen - start[index]!.seen,
      dropped: counter.dropped - start[index]!.dropped,
    }));
    for (const [index, capture] of copies.entries()) {
      const kbps = (steadyRate(capture) * COUNTED * 8) / 1_000;
      expect(kbps, monitors[index]!.name).to.be.within(900, 1_100);
      const { taken: seen } = production[0]!;
      expect(counters).to.deep.include({ seen, dropped: seen - capture.frames.length });
    }
  });

  it("does not affect the copies of the same frames that have none", async () => {
    const [near] = await tap({ rateLimit: { kbps: 1_000 } });
    await driver.update(near!, { service: near!.inputs.service, host: "host1", port: "tap-web" });
    await learn([web, db]);
    const { production, copies } = await send(1, { from: web, to: db, options: FULL });
    const frames = production[0]!.taken;
    expect(production[0]!.arrived).to.equal(frames);
    expect(copies[0]!.frames.length).to.equal(frames);
    expect(copies[1]!.frames.length).to.be.within(1, frames / 10);
  });

  it("counts accepted copies only: a filter that accepts 0.5 of 50 Mbit/s is not capped at 1 Mbit/s", async () => {
    const filter = [{ action: "accept", protocol: "udp", destinationPort: SLOW.port }];
    await tap({ filter, rateLimit: { kbps: 1_000 } });
    const ends = { from: web, to: db };
    const { production, copies } = await send(3, { ...ends, options: FULL }, { ...ends, options: SLOW });
    for (const { taken: frames, arrived } of production) expect(arrived).to.equal(frames);
    const accepted = production[1]!.taken;
    expect(copies.map(({ frames }) => frames.length)).to.deep.equal([accepted, accepted]);
    const counter = { seen: accepted, dropped: 0 };
    expect(await meterCounters(lab.host(1))).to.deep.equal([counter, counter]);
  });

  it("can be in packets a second", async () => {
    await tap({ rateLimit: { packetsPerSecond: 200 }, direction: "egress" });
    const { production, copies } = await send(3, { from: web, to: db, options: SMALL });
    expect(production[0]!.arrived).to.equal(production[0]!.taken);
    for (const capture of copies) expect(steadyRate(capture)).to.be.within(180, 220);
  });

  it("passes a burst of the requested size", async () => {
    await tap({ rateLimit: { packetsPerSecond: 10, burst: 500 } });
    const { copies } = await send(1, { from: web, to: db, options: SMALL });
    for (const capture of copies) expect(capture.frames.length).to.be.within(500, 540);
  });

  it("is one for both directions, even if a rule distinguishes them", async () => {
    const filter = ["ingress", "egress"].map((direction) => ({ action: "accept", direction }));
    await tap({ filter, rateLimit: { packetsPerSecond: 100 } });
    expect(await meters(lab.host(1))).to.have.length(2);
    const back = { from: db, to: web, options: SMALL };
    const { copies } = await send(3, { from: web, to: db, options: SMALL }, back);
    for (const capture of copies) expect(steadyRate(capture)).to.be.within(90, 110);
  });
});
