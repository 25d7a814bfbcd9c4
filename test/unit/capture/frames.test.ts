import { expect } from "chai";
import { type CapturedFrame, CapturedFrames } from "../../../provider/capture/frames";
import { captureMark } from "../../../provider/model/capture";
import type { CaptureClaim } from "../../../provider/schema/claim";

const CLAIM = { token: "abc" } as CaptureClaim;
const MARK = Buffer.from(captureMark(CLAIM, "egress"), "hex");

/** Nanoseconds since 1970, when the captures here began. */
const BEGUN = 1_764_000_000n * 1_000_000_000n;

/** Frames that arrive so many seconds each after the capture began. */
async function* arriving(times: readonly number[], userdata = MARK) {
  for (const seconds of times)
    yield { userdata, at: BEGUN + BigInt(Math.round(seconds * 1e9)), frame: Buffer.alloc(60) };
}

async function all(frames: AsyncIterable<CapturedFrame>): Promise<CapturedFrame[]> {
  const found: CapturedFrame[] = [];
  for await (const frame of frames) found.push(frame);
  return found;
}

describe("the frames of a capture", () => {
  it("are those that its own rules have sent, with their direction", async () => {
    const packets = (async function* () {
      yield* arriving([0], Buffer.from("00", "hex"));
      yield* arriving([0]);
    })();
    const found = await all(new CapturedFrames(packets, CLAIM, undefined, BEGUN));
    expect(found.map(({ direction }) => direction)).to.deep.equal(["egress"]);
  });

  it("are held to the cap if the host does not, and the others are counted", async () => {
    const frames = new CapturedFrames(arriving(Array(100_000).fill(0)), CLAIM, 1000, BEGUN);
    expect(await all(frames)).to.have.length(1000);
    expect(frames.excess).to.equal(99_000);
  });

  it("may come together after a connection has held them up", async () => {
    const frames = new CapturedFrames(arriving(Array(10_000).fill(10)), CLAIM, 1000, BEGUN);
    expect(await all(frames)).to.have.length(10_000);
    expect(frames.excess).to.equal(0);
  });

  it("are all there without a cap", async () => {
    const frames = new CapturedFrames(arriving(Array(5000).fill(0)), CLAIM, undefined, BEGUN);
    expect(await all(frames)).to.have.length(5000);
  });
});
