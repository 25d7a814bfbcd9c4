import { type Capture, capture } from "../../../provider/capture/capture";
import type { CapturedFrame } from "../../../provider/capture/frames";
import { printable } from "../../../provider/printable";
import type { Context } from "../../../provider/resource/context";
import type { ConsoleError } from "../../api/error";
import type { Frame, TapEvent } from "../../api/events";
import { consoleError } from "../refusal";
import { describeFrame } from "./describeFrame";
import { KeptFrames } from "./keptFrames";
import type { Watched } from "./watched";

/** Milliseconds in which frames are combined into one event. */
const GATHER = 200;
/** The most frames of one event; further ones are only counted. */
const MOST_AT_ONCE = 100;
/** Milliseconds between two reads of what the host's cap has dropped. */
const COUNT = 2000;
/** The most seconds of a watch. */
const DURATION = 300;

const OVER: ConsoleError = {
  code: "watch-over",
  message: `a watch lasts at most ${DURATION / 60} minutes`,
  hint: "Watch again to go on",
};

/** Receives the events of a watch. */
export type Reader = (event: TapEvent) => void;

/** One capture for all who watch a tap. It ends when the last of them leaves, and by itself after some time. */
export class Watch {
  /** Resolves when nothing of it is left on the host, if the host can be reached. */
  readonly done: Promise<void>;
  private readonly readers = new Set<Reader>();
  private readonly ending = new AbortController();
  private readonly kept: KeptFrames;
  private waiting: CapturedFrame[] = [];
  private skipped = 0;
  private isTaking = false;

  constructor(
    private readonly context: Context,
    readonly watched: Watched,
  ) {
    this.kept = new KeptFrames(watched.snapLength);
    // Starts after the first reader has joined, who must learn even of an immediate failure.
    this.done = Promise.resolve().then(() => this.run());
  }

  /** Whether no more frames will arrive. */
  get isOver(): boolean {
    return this.ending.signal.aborted;
  }

  /** Adds a reader. Returns a function that removes it; when the last one leaves, the capture ends. */
  join(reader: Reader): () => void {
    this.readers.add(reader);
    if (this.isTaking) reader({ type: "watch", text: this.watched.label });
    return () => {
      if (this.readers.delete(reader) && this.readers.size === 0) this.end();
    };
  }

  /** Ends it. */
  end(): void {
    this.ending.abort();
  }

  /** The last frames as a file, during the watch and afterwards. */
  pcapng(): Buffer {
    const { record, wish, filter, label } = this.watched;
    return this.kept.pcapng({
      application: "pulumi-taas console",
      port: label,
      description: `Open vSwitch port ${label} (${record.address}), ${wish.direction}`,
      filter: filter === "" ? undefined : filter,
    });
  }

  private async run(): Promise<void> {
    const timer = setTimeout(() => this.end(), DURATION * 1000);
    const options = { ending: this.ending.signal, warn: (message: string) => this.warn(message) };
    let error = OVER;
    try {
      const host = this.context.open(this.watched.record);
      await capture(host, this.watched.wish, options, (capturing) => this.take(capturing));
    } catch (cause) {
      error = consoleError(cause);
    } finally {
      clearTimeout(timer);
      this.end();
    }
    this.tell({ type: "watch-ended", error });
    this.readers.clear();
  }

  private async take(capturing: Capture): Promise<void> {
    this.isTaking = true;
    this.tell({ type: "watch", text: this.watched.label });
    const lost = lossesOf(capturing, (count) => {
      this.skipped += count;
      this.kept.lost += count;
    });
    const timers = [setInterval(() => this.flush(), GATHER), setInterval(lost, COUNT)];
    try {
      for await (const frame of capturing.frames) {
        this.kept.add(frame);
        if (this.waiting.length < MOST_AT_ONCE) this.waiting.push(frame);
        else this.skipped += 1;
      }
    } finally {
      this.isTaking = false;
      for (const timer of timers) clearInterval(timer);
      this.flush();
    }
  }

  private flush(): void {
    const { waiting, skipped } = this;
    if (waiting.length === 0 && skipped === 0) return;
    [this.waiting, this.skipped] = [[], 0];
    this.tell({ type: "frames", frames: waiting.map(lineOf), dropped: skipped });
  }

  private tell(event: TapEvent): void {
    for (const reader of [...this.readers]) reader(event);
  }

  /** A warning is meant for whoever runs the console; a person who is watching is told that frames are missing. */
  private warn(message: string): void {
    console.error(`pulumi-taas: ${printable(message)}`);
    if (this.isTaking) this.tell({ type: "watch", text: `${this.watched.label}; some frames were missed` });
  }
}

function lineOf({ at, direction, frame }: CapturedFrame): Frame {
  const time = new Date(Number(at / 1_000_000n)).toISOString();
  return { at: time, direction, text: describeFrame(frame), bytes: frame.length };
}

/**
 * Returns a function that reports how many frames were lost since the last call: dropped by the host's cap, or here.
 */
function lossesOf(capturing: Capture, tell: (count: number) => void): () => Promise<void> {
  let before = 0;
  let isCounting = false;
  return async () => {
    if (isCounting) return;
    isCounting = true;
    const capped = await capturing.capped().catch(() => undefined);
    isCounting = false;
    if (capped === undefined) return;
    const now = capped + capturing.dropped;
    if (now > before) tell(now - before);
    before = Math.max(before, now);
  };
}
