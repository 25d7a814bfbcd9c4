import { setTimeout } from "node:timers/promises";
import { Driver, type Made } from "../../driver/driver";
import type { Capture } from "../../lab/capture";
import { udp } from "../../lab/frames";
import { type Lab, startLab } from "../../lab/lab";
import type { Stream } from "../../lab/stream";
import type { Vm } from "../../lab/vm";
import { between, expectFrames } from "./traffic";

/** Frames that the datapath cannot tell from those of the running streams: these have the same headers, to the last bit. */
function likeTheStream(from: Vm, to: Vm, mark: string): Buffer[] {
  return Array.from({ length: 20 }, (_, index) => {
    const payload = Buffer.alloc(64, `${mark}${index}/`);
    const frame = udp({ ...between(from, to), sourcePort: 5_000, destinationPort: 5_001, payload });
    frame.writeUInt16BE(0, frame.length - payload.length - 2);
    return frame;
  });
}

/** Waits until a capture has so many frames with a mark in them. */
async function seen(capture: Capture, mark: string, frames: number): Promise<void> {
  while (capture.frames.filter((frame) => frame.includes(mark)).length < frames) await setTimeout(5);
}

describe("a connection that exists already and is cached in the datapath", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let web: Vm;
  let db: Vm;
  let streams: Stream[];
  let marks = 0;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1 },
        { name: "mon1", host: 1 },
        { name: "mon2", host: 2 },
        { name: "last1", host: 1 },
        { name: "last2", host: 2 },
      ],
    });
    driver = new Driver(lab);
    [web, db] = [lab.vm("web"), lab.vm("db")];
  });
  after(() => lab?.stop());

  beforeEach(async () => {
    const [there, back] = [
      { from: web, to: db },
      { from: db, to: web },
    ];
    streams = await Promise.all([there, back].map((ends) => lab.startStream({ ...ends, pps: 300 })));
  });
  afterEach(async () => {
    await Promise.all(streams.map((stream) => stream.stop()));
    await driver.destroy();
  });

  /**
   * Runs an operation and says which directions of the cached streams are copied in the moment that it is done. The streams never
   * fall silent. So one frame more is sent, when all others have arrived, to another VM of the monitor's host: what was to be
   * copied is there before it.
   */
  async function copiesAfter<T>(
    operation: () => Promise<T>,
    { monitor, last }: { monitor: Vm; last: Vm },
    copied: "none" | "ingress" | "egress" | "both",
  ): Promise<T> {
    const mark = `${++marks}:`;
    const [egress, ingress] = [likeTheStream(web, db, `e${mark}`), likeTheStream(db, web, `i${mark}`)];
    const [capture, ...others] = await Promise.all([monitor, web, db, last].map((vm) => vm.capture()));
    const [atWeb, atDb, atLast] = others as [Capture, Capture, Capture];
    const result = await operation();
    await Promise.all([web.send(egress), db.send(ingress)]);
    await Promise.all([seen(atDb, `e${mark}`, egress.length), seen(atWeb, `i${mark}`, ingress.length)]);
    const end = `end ${mark}`;
    await web.send([
      udp({ ...between(web, last), sourcePort: 1, destinationPort: 2, payload: Buffer.from(end) }),
    ]);
    await seen(atLast, end, 1);
    await Promise.all(others.map((each) => each.stop()));
    const marked = (await capture!.stop()).filter((frame) =>
      [`e${mark}`, `i${mark}`].some((each) => frame.includes(each)),
    );
    const wanted = { none: [], ingress, egress, both: [...egress, ...ingress] }[copied];
    expectFrames(marked, wanted, `after ${operation}`);
    return result;
  }

  for (const { monitor, last, host, where } of [
    { monitor: "mon1", last: "last1", host: "host1", where: "on the same host" },
    { monitor: "mon2", last: "last2", host: "host2", where: "on another host" },
  ]) {
    describe(`into a monitor ${where}`, () => {
      const source = { host: "host1", port: "tap-web" };
      let service: Made;
      let at: { monitor: Vm; last: Vm };

      beforeEach(async () => {
        at = { monitor: lab.vm(monitor), last: lab.vm(last) };
        service = await driver.service("ids", { host, port: at.monitor.port });
      });

      it("is copied from the moment the tap exists, and no longer once it is deleted", async () => {
        await copiesAfter(async () => {}, at, "none");
        const flow = await copiesAfter(() => driver.flow("web", service, source), at, "both");
        await copiesAfter(() => driver.delete(flow), at, "none");
      });

      it("follows at once when a tap's direction changes, and when it is disabled and enabled", async () => {
        const args = { ...source, direction: "egress" };
        const flow = await copiesAfter(() => driver.flow("web", service, args), at, "egress");
        const update = (change: object) => () =>
          driver.update(flow, { service: service.outputs.ref, ...source, ...change });
        await copiesAfter(update({ direction: "ingress" }), at, "ingress");
        await copiesAfter(update({ direction: "both" }), at, "both");
        await copiesAfter(update({ enabled: false }), at, "none");
        await copiesAfter(update({ direction: "egress", enabled: true }), at, "egress");
      });

      it("continues to be copied when another tap of the service is created and deleted", async () => {
        const args = { ...source, direction: "egress" };
        await copiesAfter(() => driver.flow("web", service, args), at, "egress");
        const dbArgs = { host: "host1", port: "tap-db", direction: "egress" };
        const other = await copiesAfter(() => driver.flow("db", service, dbArgs), at, "both");
        await copiesAfter(() => driver.delete(other), at, "egress");
      });
    });
  }
});
