import { type ChildProcess, spawn } from "node:child_process";
import { labEnvironment } from "./command.js";
import { agentCommand } from "./packet-agent.js";
import type { Place } from "./place.js";

/** A frame in front of which its length stands, as the packet agent reads it. */
export function lengthPrefixed(frame: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(frame.length);
  return Buffer.concat([length, frame]);
}

/** Sends raw frames out of one interface. The process behind it is started at the first frame and lives as long as the lab. */
export class Sender {
  private agent: ChildProcess | undefined;
  private stderr = "";
  private acknowledged: { resolve(): void; reject(error: Error): void }[] = [];

  constructor(private readonly place: Place) {}

  /** Sends the frames in order; resolves when the kernel has taken the last one. */
  async send(frames: readonly Buffer[]): Promise<void> {
    for (const { length } of frames) {
      if (length < 14) throw new Error(`a frame of ${length} bytes has no Ethernet header`);
    }
    this.agent ??= this.start();
    const { agent } = this;
    const done = new Promise<void>((resolve, reject) => this.acknowledged.push({ resolve, reject }));
    agent.stdin!.write(Buffer.concat([...frames.map(lengthPrefixed), Buffer.alloc(4)]));
    return done;
  }

  private start(): ChildProcess {
    const argv = agentCommand(this.place, "send");
    const agent = spawn(argv[0]!, argv.slice(1), { env: labEnvironment, cwd: "/", stdio: "pipe" });
    agent.stdin.on("error", () => {});
    agent.stdout.on("data", (chunk: Buffer) => {
      for (const { resolve } of this.acknowledged.splice(0, chunk.length)) resolve();
    });
    agent.stderr.on("data", (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    agent.on("close", () => {
      if (this.agent === agent) this.agent = undefined;
      const error = new Error(`sending at ${this.place.label} failed: ${this.stderr}`);
      this.stderr = "";
      for (const { reject } of this.acknowledged.splice(0)) reject(error);
    });
    agent.unref();
    for (const pipe of agent.stdio) (pipe as unknown as { unref?(): void } | null)?.unref?.();
    return agent;
  }
}
