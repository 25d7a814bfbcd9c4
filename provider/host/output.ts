import type { Readable } from "node:stream";

/** The most bytes of output kept of one command, both streams together; more is an error. */
export const MAX_OUTPUT = 64 * 1024 * 1024;

/** Collects the output of one command; `onTooLarge` is called once if it exceeds `MAX_OUTPUT`. */
export class Output {
  private readonly chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  private size = 0;

  constructor(private readonly onTooLarge: () => void) {}

  /** Reads a stream to its end. */
  gather(name: "stdout" | "stderr", stream: Readable): void {
    stream.on("data", (chunk: Buffer) => {
      const fitted = this.size <= MAX_OUTPUT;
      this.size += chunk.length;
      if (this.size <= MAX_OUTPUT) this.chunks[name].push(chunk);
      else if (fitted) this.onTooLarge();
    });
  }

  /** The output so far, as UTF-8. */
  text(): { stdout: string; stderr: string } {
    const { stdout, stderr } = this.chunks;
    return { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
  }
}
