import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A command of the package that serves something until it is stopped. */
export interface Serving {
  pid: number;
  /** Its first line. */
  line: string;
  stop(): Promise<void>;
}

/** Starts a command; resolves with its first line. */
export async function startCommand(words: readonly string[]): Promise<Serving> {
  const main = join(__dirname, "../cli.js");
  const serving = spawn(process.execPath, [main, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: serving.stdout }), "line")) as [string];
  return {
    pid: serving.pid!,
    line,
    async stop() {
      serving.kill();
      await once(serving, "exit");
    },
  };
}

/** MiB that a process has now, and that it has had at most (proc(5), VmRSS and VmHWM). */
export function memoryOf(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)![1]) / 1024;
  return { now: read("VmRSS"), most: read("VmHWM") };
}
