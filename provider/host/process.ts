import { constants } from "node:os";
import type { Readable } from "node:stream";
import { Output } from "./output";
import type { ExecResult } from "./transport";

/** How a local process is run. */
export interface ProcessOptions {
  input?: string | undefined;
  timeoutMs: number;
  /** Ends the process. */
  signal?: AbortSignal;
  environment?: Record<string, string>;
}

/** The end of a local process: its result, or why there is none. */
export type ProcessOutcome =
  | { kind: "exited"; result: ExecResult }
  | { kind: "missing" }
  | { kind: "timeout" }
  | { kind: "aborted" }
  | { kind: "too-large" }
  | { kind: "failed"; cause: Error };

/** Runs a local program without a shell. Never rejects. */
export async function runProcess(
  file: string,
  argv: readonly string[],
  options: ProcessOptions,
): Promise<ProcessOutcome> {
  // Loaded with the first process: previews, which ask no host, start sooner without it.
  const { execa } = await import("execa");
  const child = execa(file, argv, {
    input: options.input ?? "",
    env: options.environment ?? {},
    forceKillAfterDelay: 1000,
    // The default would listen for SIGINT, which shutdown.ts has to itself.
    cleanup: false,
    reject: false,
    buffer: false,
    encoding: "buffer",
  });
  const ended = child.then(({ exitCode, signal, code, ...rest }): ProcessOutcome => {
    if (exitCode !== undefined) return { kind: "exited", result: { ...output.text(), exitCode } };
    if (signal !== undefined) {
      return { kind: "exited", result: { ...output.text(), exitCode: signalExitCode(signal), signal } };
    }
    if (code === "ENOENT" || code === "EACCES") return { kind: "missing" };
    return { kind: "failed", cause: new Error(rest.shortMessage, { cause: rest.cause }) };
  });
  let giveUp: (outcome: ProcessOutcome) => void = () => {};
  const givenUp = new Promise<ProcessOutcome>((resolve) => {
    giveUp = resolve;
  });
  const output = new Output(() => giveUp({ kind: "too-large" }));
  output.gather("stdout", child.stdout);
  output.gather("stderr", child.stderr);
  const timer = setTimeout(() => giveUp({ kind: "timeout" }), options.timeoutMs);
  const onAbort = () => giveUp({ kind: "aborted" });
  if (options.signal?.aborted) onAbort();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  const outcome = await Promise.race([ended, givenUp]);
  clearTimeout(timer);
  options.signal?.removeEventListener("abort", onAbort);
  if (GIVEN_UP.has(outcome.kind)) abandon(child);
  return outcome;
}

const GIVEN_UP: ReadonlySet<ProcessOutcome["kind"]> = new Set(["timeout", "too-large", "aborted"]);

/** Ends a process without waiting for its output, which a process it left behind may hold open. */
function abandon(child: { kill(): boolean; stdout: Readable; stderr: Readable }): void {
  child.kill();
  child.stdout.destroy();
  child.stderr.destroy();
}

/** The exit code a shell reports for a death by this signal: 128 and its number. */
export function signalExitCode(signal: string): number {
  return 128 + ((constants.signals as Record<string, number>)[signal] ?? 0);
}
