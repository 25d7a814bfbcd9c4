import { captureMark } from "../model/capture";
import type { Received } from "../ovs/packetChannel";
import type { CaptureClaim } from "../schema/claim";

/** Towards the VM, or from it. */
export type FrameDirection = "ingress" | "egress";

/** A captured frame, as the guest sent it or would receive it. */
export interface CapturedFrame {
  direction: FrameDirection;
  /** Nanoseconds since 1970, when it arrived at this machine. */
  at: bigint;
  frame: Buffer;
}

/**
 * The frames of a capture among those that arrive on a connection, as many as its cap allows. The host enforces the cap; here it only bounds
 * what a host can make this machine store. It is counted over the whole capture, because frames that a connection has held up arrive
 * together, and with a second to spare, because a meter lets a burst pass.
 */
export class CapturedFrames implements AsyncIterable<CapturedFrame> {
  /** Frames that arrived over the cap and were dropped here. */
  excess = 0;
  private taken = 0;
  private readonly directions: ReadonlyMap<string, FrameDirection>;

  /** `perSecond`: the most frames; undefined: no cap. `since`: nanoseconds since 1970 when the capture began; default: now. */
  constructor(
    private readonly packets: AsyncIterable<Pick<Received, "userdata" | "at" | "frame">>,
    claim: CaptureClaim,
    private readonly perSecond: number | undefined,
    private readonly since = BigInt(Date.now()) * 1_000_000n,
  ) {
    this.directions = new Map(
      (["ingress", "egress"] as const).map((direction) => [captureMark(claim, direction), direction]),
    );
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<CapturedFrame> {
    for await (const { userdata, at, frame } of this.packets) {
      const direction = this.directions.get(userdata.toString("hex"));
      if (direction !== undefined && this.take(at)) yield { direction, at, frame };
    }
  }

  private take(at: bigint): boolean {
    const seconds = 1 + Math.max(0, Number(at - this.since) / 1e9);
    if (this.perSecond !== undefined && this.taken >= this.perSecond * seconds) {
      this.excess += 1;
      return false;
    }
    this.taken += 1;
    return true;
  }
}
