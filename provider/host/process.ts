import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { constants } from "node:os";
import { Output } from "./output";
import type { ExecResult } from "./transport";

/** How a local process is run. */
export interface ProcessOptions {
  input?: string | undefined;
  timeoutMs: number;
  /** Ends the process. */
  signal?: AbortSignal;
  /** All of the process's environment. Default: this process's. */
  environment?: NodeJS.ProcessEnv;
}

/** The end of a local process: its result, or why there is none. */
export type ProcessOutcome =
  | { kind: "exited"; result: ExecResult }
  | { kind: "missing" }
  | { kind: "timeout" }
  | { kind: "aborted" }
  | { kind: "too-large" }
  | { kind: "failed"; cause: Error };

/** Milliseconds that a process which is given up gets to end by itself. */
const GRACE = 1000;

/** Runs a local program without a shell. Never rejects. */
export function runProcess(
  file: string,
  argv: readonly string[],
  options: ProcessOptions,
): Promise<ProcessOutcome> {
  return new Promise((resolve) => {
    const child = start(file, argv, options.environment);
    if (child instanceof Error) return resolve({ kind: "failed", cause: child });
    const end = (outcome: ProcessOutcome): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
      resolve(outcome);
    };
    const giveUp = (kind: "timeout" | "aborted" | "too-large"): void => {
      abandon(child);
      end({ kind });
    };
    const output = new Output(() => giveUp("too-large"));
    const timer = setTimeout(() => giveUp("timeout"), options.timeoutMs);
    const onAbort = () => giveUp("aborted");
    child.on("error", (cause: NodeJS.ErrnoException) => {
      const missing = cause.code === "ENOENT" || cause.code === "EACCES";
      end(missing ? { kind: "missing" } : { kind: "failed", cause });
    });
    child.once("close", (code, signal) => {
      end({ kind: "exited", result: { ...output.text(), exitCode: code ?? signalExitCode(signal!) } });
    });
    // What could not be started says so by an error, and may have no streams.
    if (child.pid === undefined) return;
    output.gather("stdout", child.stdout);
    output.gather("stderr", child.stderr);
    // It may end without having read its input.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** Starts a process; an error where its words cannot be given to any. */
function start(
  file: string,
  argv: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): ChildProcessWithoutNullStreams | Error {
  try {
    return spawn(file, argv, { env: environment });
  } catch (error) {
    return error as Error;
  }
}

/** Ends a process without waiting for its output, which a process it left behind may hold open. */
function abandon(child: ChildProcessWithoutNullStreams): void {
  child.kill();
  const killing = setTimeout(() => child.kill("SIGKILL"), GRACE);
  child.once("exit", () => clearTimeout(killing));
  child.stdout.destroy();
  child.stderr.destroy();
}

/** The exit code a shell reports for a death by this signal: 128 and its number. */
export function signalExitCode(signal: string): number {
  return 128 + ((constants.signals as Record<string, number>)[signal] ?? 0);
}
