import { once } from "node:events";
import type { Writable } from "node:stream";
import type { Capture } from "./capture";
import { type PcapngSource, pcapngFrame, pcapngHead, pcapngTail } from "./pcapng";

/** When a recording ends, other than with its capture. */
export interface RecordLimits {
  /** Frames. */
  count: number | undefined;
  /** Seconds. */
  duration: number | undefined;
}

/** Milliseconds between two statistics blocks in a file: writing them shows whether anybody still reads it. */
const SIGN = 2000;

/** The result of a recording. */
export interface Recorded {
  frames: number;
  bytes: number;
  /** Frames that the cap has dropped. */
  capped: number;
  /** Frames that arrived here and were dropped because the file, or its reader, was too slow. */
  dropped: number;
  /** Frames that ovs-vswitchd dropped, because it, or the connection, was too slow. */
  missed: number;
}

/**
 * Writes a capture's frames as pcapng until a limit or the end of the capture, and then the final counts. A reader that
 * closes the stream, such as one that has seen enough, also ends it. The stream stays open.
 */
export async function record(
  capture: Capture,
  source: PcapngSource,
  to: Writable,
  { count, duration }: RecordLimits,
): Promise<Recorded> {
  const done: Recorded = { frames: 0, bytes: 0, capped: 0, dropped: 0, missed: 0 };
  let last = BigInt(Date.now()) * 1_000_000n;
  const gone = new AbortController();
  const onGone = () => {
    gone.abort();
    capture.stop();
  };
  to.once("close", onGone).once("error", onGone);
  const write = async (bytes: Buffer) => {
    if (!gone.signal.aborted && !to.write(bytes))
      await once(to, "drain", { signal: gone.signal }).catch(() => {});
  };
  const timer = duration === undefined ? undefined : setTimeout(() => capture.stop(), duration * 1000);
  // Who only waits for a frame to write does not learn that the reader has gone.
  const signs = setInterval(() => {
    if (!to.writableNeedDrain) void write(pcapngTail(last, { received: done.frames, dropped: 0 }));
  }, SIGN);
  try {
    await write(pcapngHead({ ...source, port: capture.portName }));
    for await (const frame of capture.frames) {
      done.frames++;
      done.bytes += frame.frame.length;
      last = frame.at;
      await write(pcapngFrame(frame, source.snapLength));
      if (done.frames === count || gone.signal.aborted) break;
    }
  } finally {
    clearInterval(signs);
    clearTimeout(timer);
    to.off("close", onGone).off("error", onGone);
  }
  done.dropped = capture.dropped;
  Object.assign(done, await capture.losses());
  const lost = done.dropped + done.missed + done.capped;
  await write(pcapngTail(last, { received: done.frames + lost, dropped: lost }));
  return done;
}
