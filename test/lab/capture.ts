import { type ChildProcess, spawn } from "node:child_process";
import { labEnvironment } from "./command.js";
import { agentCommand } from "./packet-agent.js";
import type { Place } from "./place.js";

/** A frame as it passed the interface, VLAN tags and all. */
export interface CapturedFrame {
  frame: Buffer;
  /** `out`: sent by the namespace that the interface is in. */
  direction: "in" | "out";
  /** When the capturing process read it, in ns since the epoch. */
  time: bigint;
}

/** How long to wait for frames that are under way. */
export interface SettleOptions {
  /** Done as soon as this many frames are there. Default: only quiet counts. */
  frames?: number;
  /** Milliseconds without a new frame that count as quiet. Default 150; with `frames`, quiet is not waited for. */
  quietMs?: number;
  /** Milliseconds until the wait ends in any case. Default 5,000. */
  timeoutMs?: number;
}

const HEADER = 13;
const OUTGOING = 4;
const END = 0xffffffff;

/** A running capture. Nothing is lost silently: `stop` rejects when the kernel had to drop frames. */
export class Capture {
  /** What has been captured until now, in order. */
  readonly captured: CapturedFrame[] = [];
  private pending: Buffer = Buffer.alloc(0);
  private lastArrival = performance.now();
  private drops: number | undefined;
  private stderr = "";
  private readonly closed: Promise<void>;
  private waiting: (() => void)[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly place: Place,
    ready: () => void,
  ) {
    let listening = false;
    child.stdout!.on("data", (chunk: Buffer) => {
      if (!listening) {
        listening = true;
        ready();
        chunk = chunk.subarray(1);
      }
      this.read(chunk);
    });
    child.stderr!.on("data", (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.closed = new Promise((resolve) => child.on("close", () => resolve()));
  }

  /** Starts to capture; resolves when no later frame is missed. */
  static async start(place: Place, directions: "in" | "both"): Promise<Capture> {
    const argv = agentCommand(place, "capture", directions);
    const child = spawn(argv[0]!, argv.slice(1), { env: labEnvironment, cwd: "/", stdio: "pipe" });
    child.stdin.on("error", () => {});
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      const capture: Capture = new Capture(child, place, () => resolve(capture));
      capture.closed.then(() =>
        reject(new Error(`capture at ${place.label} did not start: ${capture.stderr}`)),
      );
    });
  }

  /** The frames captured until now, without direction and time. */
  get frames(): Buffer[] {
    return this.captured.map(({ frame }) => frame);
  }

  /** Waits until `frames` frames have arrived or nothing has arrived for a while; never rejects, never waits longer than `timeoutMs`. */
  async settle(options: SettleOptions = {}): Promise<Buffer[]> {
    const { frames, timeoutMs = 5_000 } = options;
    const quietMs = options.quietMs ?? (frames === undefined ? 150 : Number.POSITIVE_INFINITY);
    const start = performance.now();
    for (;;) {
      const now = performance.now();
      const quietAt = Math.max(this.lastArrival, start) + quietMs;
      const until = Math.min(quietAt, start + timeoutMs);
      if ((frames !== undefined && this.captured.length >= frames) || now >= until) return this.frames;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, until - now + 1);
        this.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Ends the capture with what has reached the interface by now, and resolves with all frames. */
  async stop(): Promise<Buffer[]> {
    this.child.stdin!.end();
    await this.closed;
    if (this.drops === undefined) throw new Error(`capture at ${this.place.label} broke off: ${this.stderr}`);
    if (this.drops > 0)
      throw new Error(`capture at ${this.place.label}: the kernel dropped ${this.drops} frames`);
    return this.frames;
  }

  private read(chunk: Buffer): void {
    let rest: Buffer = this.pending.length ? Buffer.concat([this.pending, chunk]) : chunk;
    while (rest.length >= 8) {
      const length = rest.readUInt32BE(0);
      if (length === END) {
        this.drops = rest.readUInt32BE(4);
        break;
      }
      if (rest.length < HEADER + length) break;
      const direction = rest.readUInt8(4) === OUTGOING ? "out" : "in";
      const frame = Buffer.from(rest.subarray(HEADER, HEADER + length));
      this.captured.push({ frame, direction, time: rest.readBigUInt64BE(5) });
      this.lastArrival = performance.now();
      rest = rest.subarray(HEADER + length);
    }
    this.pending = rest;
    for (const wake of this.waiting.splice(0)) wake();
  }
}
