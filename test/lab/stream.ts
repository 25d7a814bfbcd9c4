import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Capture } from "./capture.js";
import { labEnvironment } from "./command.js";
import { udp } from "./frames.js";
import { agentCommand } from "./packet-agent.js";
import { lengthPrefixed } from "./sender.js";
import { between, type Vm } from "./vm.js";

/** A numbered UDP stream from one VM to another. */
export interface StreamOptions {
  from: Vm;
  to: Vm;
  /** VMs that count the stream's frames besides `to`, such as a monitor of it. */
  watchers?: readonly Vm[];
  /** Frames a second. Default 1,000. */
  pps?: number;
  /** How many frames; without it the stream runs until `stop`. */
  count?: number;
  /** UDP destination port. Default 5001. */
  port?: number;
  /** Bytes of UDP payload, at least 12. Default 64. */
  payloadSize?: number;
}

/** What one receiver saw of a stream. */
export interface StreamCount {
  /** Frames of the stream, duplicates included. */
  received: number;
  /** Sequence numbers that never came, ascending. */
  lost: number[];
  /** Sequence numbers that came more than once, ascending; a number that came three times stands here twice. */
  duplicated: number[];
  /** The longest time between two frames that followed each other, in milliseconds. */
  longestGapMs: number;
}

/** The outcome of a stream: what `to` saw, and what every receiver saw, by VM name. */
export interface StreamResult extends StreamCount {
  sent: number;
  at: Record<string, StreamCount>;
}

const MARK_LENGTH = 8;
let streams = 0;

/** A running stream. */
export class Stream {
  private constructor(
    private readonly agent: ChildProcess,
    private readonly sent: Promise<number>,
    private readonly mark: Buffer,
    private readonly receivers: readonly { vm: Vm; capture: Capture }[],
  ) {}

  /** Starts to count, then to send; resolves when it sends. */
  static async start(options: StreamOptions): Promise<Stream> {
    const { from, to, watchers = [], pps = 1_000, count = 0, port = 5_001, payloadSize = 64 } = options;
    if (payloadSize < MARK_LENGTH + 4) throw new Error("a stream's payload has at least 12 bytes");
    const mark = Buffer.from(`TAAS${String(++streams).padStart(4, "0")}`);
    const payload = Buffer.alloc(payloadSize);
    mark.copy(payload);
    const tags = from.trunk && to.vlan !== undefined ? [to.vlan] : [];
    const frame = udp({ ...between(from, to), tags, sourcePort: 5_000, destinationPort: port, payload });
    frame.writeUInt16BE(0, frame.length - payloadSize - 2); // every frame has another number, so none has a checksum
    const numberAt = frame.length - payloadSize + MARK_LENGTH;
    const receivers = await Promise.all(
      [...new Set([to, ...watchers])].map(async (vm) => ({ vm, capture: await vm.capture() })),
    );
    const argv = agentCommand(options.from.place, "stream", String(pps), String(count), String(numberAt));
    const agent = spawn(argv[0]!, argv.slice(1), { env: labEnvironment, cwd: "/", stdio: "pipe" });
    agent.stdin.on("error", () => {});
    agent.stdin.write(lengthPrefixed(frame));
    const sent = sentBy(agent, from.place.label);
    sent.catch(() => {}); // reported by `finished` and `stop`
    await Promise.race([once(agent.stdout, "data"), sent]);
    return new Stream(agent, sent, mark, receivers);
  }

  /** Ends the sending now, and counts. */
  async stop(): Promise<StreamResult> {
    this.agent.stdin!.end();
    return this.finished();
  }

  /** Resolves when all `count` frames have been sent and have had time to arrive. */
  async finished(): Promise<StreamResult> {
    const sent = await this.sent;
    const counts = await Promise.all(
      this.receivers.map(async ({ vm, capture }) => {
        await capture.settle({ quietMs: 200 });
        await capture.stop();
        return [vm.name, this.count(capture, sent)] as const;
      }),
    );
    return { sent, ...counts[0]![1], at: Object.fromEntries(counts) };
  }

  private count(capture: Capture, sent: number): StreamCount {
    const times = new Map<number, number>();
    const duplicated: number[] = [];
    let [longest, last] = [0n, 0n];
    for (const { frame, time } of capture.captured) {
      const at = frame.indexOf(this.mark);
      if (at < 0) continue;
      const sequence = frame.readUInt32BE(at + MARK_LENGTH);
      const seen = times.get(sequence) ?? 0;
      times.set(sequence, seen + 1);
      if (seen > 0) duplicated.push(sequence);
      if (last > 0n && time - last > longest) longest = time - last;
      last = time;
    }
    const lost = Array.from({ length: sent }, (_, i) => i).filter((sequence) => !times.has(sequence));
    duplicated.sort((a, b) => a - b);
    return {
      received: times.size + duplicated.length,
      lost,
      duplicated,
      longestGapMs: Number(longest / 1_000n) / 1_000,
    };
  }
}

function sentBy(agent: ChildProcess, label: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    let stderr = "";
    agent.stdout!.on("data", (chunk: Buffer) => stdout.push(chunk));
    agent.stderr!.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    agent.on("error", reject);
    agent.on("close", () => {
      const answer = Buffer.concat(stdout);
      if (answer.length === 5) resolve(answer.readUInt32BE(1));
      else reject(new Error(`the stream from ${label} broke off: ${stderr}`));
    });
  });
}
