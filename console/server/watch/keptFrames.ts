import type { CapturedFrame } from "../../../provider/capture/frames";
import { type PcapngSource, pcapngFrame, pcapngHead, pcapngTail } from "../../../provider/capture/pcapng";

/** The most frames that are kept of a watch; the oldest are deleted first. */
const MOST_FRAMES = 10_000;
const MOST_BYTES = 4 * 1024 * 1024;

/** The last frames of a watch. */
export class KeptFrames {
  private readonly frames: { cut: CapturedFrame; length: number }[] = [];
  private bytes = 0;
  private received = 0;
  /** Frames that did not arrive here. */
  lost = 0;

  /** `snapLength`: bytes kept of each; 0: all. */
  constructor(private readonly snapLength: number) {}

  add(captured: CapturedFrame): void {
    const { frame } = captured;
    // A slice of a larger buffer would keep the whole buffer in memory.
    const cut = Buffer.from(this.snapLength === 0 ? frame : frame.subarray(0, this.snapLength));
    this.frames.push({ cut: { ...captured, frame: cut }, length: frame.length });
    this.bytes += cut.length;
    this.received += 1;
    while (this.frames.length > MOST_FRAMES || this.bytes > MOST_BYTES)
      this.bytes -= this.frames.shift()!.cut.frame.length;
  }

  /** All that is kept as a file. */
  pcapng(source: Omit<PcapngSource, "snapLength">): Buffer {
    const { frames, snapLength, lost } = this;
    const received = this.received + lost;
    const last = frames.at(-1)?.cut.at ?? BigInt(Date.now()) * 1_000_000n;
    return Buffer.concat([
      pcapngHead({ ...source, snapLength }),
      ...frames.map(({ cut, length }) => pcapngFrame(cut, snapLength, length)),
      pcapngTail(last, { received, dropped: received - frames.length }),
    ]);
  }
}
