import { readFile } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import fc from "fast-check";
import { type CaptureOptions, capture } from "../../../provider/capture/capture";
import { type Recorded, type RecordLimits, record } from "../../../provider/capture/record";
import type { CaptureWish } from "../../../provider/capture/wish";
import type { HostRecord } from "../../../provider/host/host";
import { withContext } from "../../../provider/runtime";
import { readExpression } from "../../../provider/schema/expression/expression";
import { readSettings } from "../../../provider/settings";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { Libpcap } from "../../lab/libpcap";
import { diffSnapshots } from "../../lab/snapshot";
import type { Vm } from "../../lab/vm";
import { rejection } from "../../rejection";
import { extentOf, isWhole } from "../../sample";
import { SEED } from "../../seed";
import { slowWay } from "../../slowWay";
import { arbitraryExpression } from "../../unit/expression/arbitraryExpressions";
import { arbitraryPacket } from "../../unit/expression/arbitraryPackets";
import { learn } from "../copies/traffic";
import { leasesOf, until } from "../leases";
import { framesOfPcapng, type StoredFrame } from "./pcapngFile";

const hex = (frames: readonly Buffer[]) => frames.map((frame) => frame.toString("hex"));

/** A capture that is taken while something is done. */
interface Taken extends Recorded {
  stored: StoredFrame[];
}

describe("a capture of a port", function () {
  this.timeout(60_000);
  let lab: Lab;
  let driver: Driver;
  let web: Vm;
  let db: Vm;

  before(async () => {
    lab = await startLab({
      hosts: 1,
      vms: [
        { name: "web", host: 1, vlan: 10 },
        { name: "db", host: 1, vlan: 10 },
        { name: "ids", host: 1, vlan: 20 },
      ],
    });
    [web, db] = [lab.vm("web"), lab.vm("db")];
    driver = new Driver(lab);
    await learn([web, db]);
  });
  after(() => lab?.stop());

  const settings = () => readSettings((key) => (key === "taas:sshConfig" ? lab.sshConfig : undefined));

  /** Captures while `during` is under way, and a moment longer, or until a limit. */
  async function take(
    wish: Partial<CaptureWish>,
    during: (end: AbortController) => Promise<unknown>,
    {
      reached,
      ...limits
    }: Partial<RecordLimits> & { reached?: Partial<HostRecord>; snapLength?: number } = {},
  ): Promise<Taken> {
    const end = new AbortController();
    const options: CaptureOptions = { ending: end.signal, warn: (message) => expect.fail(message) };
    const all = {
      port: "tap-web",
      direction: "both",
      filter: undefined,
      packetsPerSecond: undefined,
    } as const;
    const to = new PassThrough({ highWaterMark: 1 << 26 });
    const read = buffer(to);
    const recorded = await withContext(settings(), (context) => {
      const host = { ...context.resolveHost("host1"), ...reached };
      return capture(context.open(host), { ...all, ...wish }, options, async (capturing) => {
        const source = { application: "test", port: "", description: "web", filter: undefined };
        const snapLength = limits.snapLength ?? 0;
        const recording = record(capturing, { ...source, snapLength }, to, {
          count: limits.count,
          duration: limits.duration,
        });
        if (limits.count === undefined && limits.duration === undefined) {
          await during(end);
          await new Promise((resolve) => setTimeout(resolve, 300));
          end.abort();
        } else await during(end);
        return recording;
      });
    });
    to.end();
    return { ...recorded, stored: framesOfPcapng(await read) };
  }

  for (const transport of ["ssh2", "openssh"] as const) {
    it(`has the frames of a fast stream byte for byte over ${transport}, and costs production none`, async () => {
      const host = lab.host(1);
      const before = await host.snapshot();
      const rate = extentOf(1_000, 5_000);
      let arrived: Buffer[] = [];
      let lost = 0;
      const taken = await take(
        { packetsPerSecond: 10_000 },
        async () => {
          const there = await db.capture();
          const stream = await lab.startStream({ from: web, to: db, pps: rate, count: 2 * rate });
          lost = (await stream.finished()).lost.length;
          arrived = await there.stop();
        },
        { reached: { transport } },
      );
      expect(lost, "frames that production lost").to.equal(0);
      const sent = new Set(hex(arrived));
      const stored = taken.stored.filter(({ direction }) => direction === "egress");
      expect(stored.length).to.be.within(0.99 * arrived.length, arrived.length);
      expect(stored.every(({ frame }) => sent.has(frame.toString("hex")))).to.equal(true);
      expect(
        taken.stored.every(({ at }, index) => index === 0 || at >= taken.stored[index - 1]!.at),
      ).to.equal(true);
      expect(diffSnapshots(before, await host.snapshot())).to.deep.equal([]);
    });
  }

  it("distinguishes what the guest sent from what it received, truncates, and ends after a number of frames", async () => {
    const frame = (from: Vm, to: Vm, bytes: number) => {
      const all = Buffer.alloc(bytes, 0xab);
      Buffer.from((to.mac + from.mac).replaceAll(":", ""), "hex").copy(all);
      all.writeUInt16BE(0x88b5, 12);
      return all;
    };
    const taken = await take(
      { filter: "ether proto 0x88b5" },
      async () => {
        await web.send([frame(web, db, 1000)]);
        await new Promise((resolve) => setTimeout(resolve, 200));
        await db.send([frame(db, web, 60)]);
      },
      { count: 2, snapLength: 100 },
    );
    expect(
      taken.stored.map(({ direction, frame: { length: kept }, length }) => [direction, kept, length]),
    ).to.deep.equal([
      ["egress", 100, 1000],
      ["ingress", 60, 60],
    ]);
  });

  it("has what libpcap takes by the same expression, and no more", async () => {
    // An access port takes no frame with a tag; the compiler's own tests have them.
    const untagged = arbitraryPacket.filter((packet) => ![0x8100, 0x88a8].includes(packet.readUInt16BE(12)));
    const packets = fc.sample(untagged, { numRuns: 80, seed: SEED });
    const matching = arbitraryExpression.filter((one) => "value" in readExpression(one));
    const filters = fc.sample(matching, { numRuns: extentOf(2, 20), seed: SEED });
    const libpcap = await Libpcap.of(packets);
    for (const filter of ["not arp and not udp", ...filters]) {
      const taken = await take({ filter, direction: "egress" }, () => web.send(packets));
      expect(taken.missed).to.equal(0);
      const wanted = (await libpcap.taken(filter)).map((index) => packets[index]!);
      expect(hex(taken.stored.map(({ frame }) => frame)).sort(), filter).to.deep.equal(hex(wanted).sort());
    }
    await libpcap.close();
  });

  it("keeps to its cap, and reports how many copies the cap dropped", async () => {
    const taken = await take({ packetsPerSecond: 500, direction: "egress" }, async () => {
      const stream = await lab.startStream({ from: web, to: db, pps: 2_000, count: 6_000 });
      expect((await stream.finished()).lost).to.deep.equal([]);
    });
    expect(taken.frames).to.be.within(1_300, 1_700);
    expect(taken.frames + taken.capped).to.be.within(5_900, 6_050);
  });

  if (isWhole)
    it("goes on over a connection too slow for the frames, and says how many it missed", async () => {
      const host = lab.host(1);
      const before = await host.snapshot();
      const way = await slowWay(host.sshPort, 150_000);
      const hostKey = (await readFile(`${lab.ssh.hostKey("host1", "ed25519")}.pub`, "utf8")).trim();
      const stream = await lab.startStream({ from: web, to: db, pps: 2_000 });
      const limits = { duration: 20, reached: { port: way.port, hostKey } };
      const taken = await take({ direction: "egress" }, async () => {}, limits).finally(() => way.close());
      const { lost, sent } = await stream.stop();
      expect(lost, "production").to.deep.equal([]);
      const frames = taken.stored.map(({ frame }) => frame).filter((frame) => frame.includes("TAAS"));
      const numbers = frames.map((frame) => frame.readUInt32BE(frame.indexOf("TAAS") + 8));
      const [first, last] = [numbers[0]!, numbers.at(-1)!];
      const gone = last - first + 1 - numbers.length;
      expect(gone).to.be.above(1000);
      // Those after the last frame that came are missed as well, until the capture ended.
      expect(taken.missed).to.be.within(gone - 200, sent - first - numbers.length);
      expect(diffSnapshots(before, await host.snapshot())).to.deep.equal([]);
    });

  it("leaves the host as it was once it ends, while the frames that have come are still being read", async () => {
    const host = lab.host(1);
    const before = await host.snapshot();
    const stream = await lab.startStream({ from: web, to: db, pps: 200 });
    const end = new AbortController();
    const options = { ending: end.signal, warn: (message: string) => expect.fail(message) };
    const wish = { port: "tap-web", direction: "egress", filter: undefined, packetsPerSecond: 1000 } as const;
    const read = await withContext(settings(), (context) =>
      capture(context.open(context.resolveHost("host1")), wish, options, async ({ frames, losses }) => {
        await until("it copies", async () => (await leasesOf(host)) > 0);
        await sleep(500);
        end.abort();
        await losses();
        await until("it is gone", async () => diffSnapshots(before, await host.snapshot()).length === 0);
        let count = 0;
        for await (const _ of frames) count += 1;
        return count;
      }),
    );
    await stream.stop();
    expect(read).to.be.above(10);
  });

  it("continues beside operations of others, and none mistakes its rules for drift", async () => {
    const service = await driver.service("ids", { host: "host1", port: "tap-ids" });
    let statuses: unknown[] = [];
    const taken = await take({ direction: "egress" }, async () => {
      const stream = await lab.startStream({ from: web, to: db, pps: 200 });
      const flow = await driver.flow("web", service, { host: "host1", port: "tap-web" });
      statuses = [(await driver.read(flow)).props?.status];
      await driver.delete(flow);
      await stream.stop();
      await web.send([Buffer.from(`${db.mac}${web.mac}88b5`.replaceAll(":", "").padEnd(120, "f"), "hex")]);
    });
    expect(statuses).to.deep.equal(["active"]);
    const sequences = taken.stored.filter(({ frame }) => frame.includes("TAAS")).map(({ frame }) => frame);
    const numbers = sequences.map((frame) => frame.readUInt32BE(frame.indexOf("TAAS") + 8));
    expect(new Set(numbers).size).to.be.within(
      numbers.at(-1)! - numbers[0]! - 1,
      numbers.at(-1)! - numbers[0]! + 1,
    );
    expect(taken.stored.at(-1)!.frame.readUInt16BE(12)).to.equal(0x88b5);
    await driver.destroy();
  });

  it("is refused if the port is missing or is a monitor, and changes nothing", async () => {
    const before = await lab.host(1).snapshot();
    const never = () => expect.fail("it began");
    expect((await rejection(take({ port: "tap-none" }, never))).message).to.match(
      /host1: port "tap-none" is not plugged\. There are .*tap-web/,
    );
    expect(diffSnapshots(before, await lab.host(1).snapshot())).to.deep.equal([]);
    await driver.service("ids", { host: "host1", port: "tap-ids" });
    expect((await rejection(take({ port: "tap-ids" }, never))).code).to.equal("source-is-monitor");
    await driver.destroy();
    expect(diffSnapshots(before, await lab.host(1).snapshot())).to.deep.equal([]);
  });
});
