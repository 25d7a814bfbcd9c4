import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect } from "chai";
import type { Capture } from "../../../provider/capture/capture";
import type { CapturedFrame } from "../../../provider/capture/frames";
import { record } from "../../../provider/capture/record";

const SOURCE = { application: "test", port: "", description: "web", filter: undefined, snapLength: 0 };
const FRAME: CapturedFrame = { direction: "egress", at: 1_000n, frame: Buffer.alloc(60) };

/** A capture of some frames that has lost others. */
function captureOf(frames: number, lost: { capped: number; missed: number; dropped: number }): Capture {
  return {
    portName: "tap-web",
    frames: (async function* () {
      for (let number = 0; number < frames; number++) yield FRAME;
    })(),
    dropped: lost.dropped,
    stop: () => {},
    capped: async () => lost.capped,
    losses: async () => ({ capped: lost.capped, missed: lost.missed }),
  };
}

/** What the last block of a file counts: interface statistics (draft-ietf-opsawg-pcapng, section 4.6). */
function counts(file: Buffer): { received: bigint; dropped: bigint } {
  const block = file.subarray(file.length - file.readUInt32LE(file.length - 4));
  return { received: block.readBigUInt64LE(24), dropped: block.readBigUInt64LE(36) };
}

describe("the recording of a capture", () => {
  const limits = { count: undefined, duration: undefined };

  it("says what was lost, by reason, and in the file how many frames there were", async () => {
    const to = new PassThrough();
    const reading = buffer(to);
    const recorded = await record(captureOf(3, { capped: 10, missed: 20, dropped: 40 }), SOURCE, to, limits);
    to.end();
    expect(recorded).to.deep.equal({ frames: 3, bytes: 180, capped: 10, missed: 20, dropped: 40 });
    expect(counts(await reading)).to.deep.equal({ received: 73n, dropped: 70n });
  });

  it("stops the capture if the file cannot be written", async () => {
    const to = new PassThrough();
    let isStopped = false;
    const endless = {
      ...captureOf(0, { capped: 0, missed: 0, dropped: 0 }),
      stop: () => {
        isStopped = true;
      },
      frames: (async function* () {
        for (;;) yield FRAME;
      })(),
    };
    to.on("error", () => {});
    const recording = record(endless, SOURCE, to, limits);
    setImmediate(() => to.destroy(new Error("no space")));
    await recording;
    expect(isStopped).to.equal(true);
  });

  it("ends whatever numbers a host tells", async () => {
    for (const number of [2 ** 64, Number.POSITIVE_INFINITY]) {
      const to = new PassThrough();
      const reading = buffer(to);
      await record(captureOf(1, { capped: number, missed: 0, dropped: 0 }), SOURCE, to, limits);
      to.end();
      expect(counts(await reading).dropped).to.equal(BigInt(Number.MAX_SAFE_INTEGER));
    }
  });
});
