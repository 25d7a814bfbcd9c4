import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** They stand outside the terminal's process group, so whatever ends this process has to end them. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Resolves when the process is gone and its output is read; it does not outlive this process. */
export function exited(child: ChildProcess): Promise<Exit> {
  running.add(child);
  return new Promise<Exit>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  }).finally(() => running.delete(child));
}

/** Calls back for every line that is not blank. */
export function onLines(stream: Readable, callback: (line: string) => void): void {
  createInterface({ input: stream }).on("line", (line) => {
    if (line.trim()) callback(line);
  });
}

/** Asks a process to end with SIGINT and, 5 seconds later, makes it end. Resolves when it is gone. */
export async function interrupt(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
  await gone.catch(() => {});
  clearTimeout(timer);
}
