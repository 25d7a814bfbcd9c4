import { constants } from "node:os";
import { execa } from "execa";
import type { ExecResult } from "./transport";

/** How a local process is run. */
export interface ProcessOptions {
  input?: string | undefined;
  timeoutMs: number;
  environment?: Record<string, string>;
}

/** The end of a local process: its result, or why there is none. */
export type ProcessOutcome =
  | { kind: "exited"; result: ExecResult }
  | { kind: "missing" }
  | { kind: "timeout" }
  | { kind: "too-large" }
  | { kind: "failed"; cause: Error };

/** Bytes of output kept of one command; more is an error. */
export const MAX_OUTPUT = 64 * 1024 * 1024;

/** Runs a local program without a shell. Never rejects. */
export async function runProcess(
  file: string,
  argv: readonly string[],
  options: ProcessOptions,
): Promise<ProcessOutcome> {
  const result = await execa(file, argv, {
    input: options.input ?? "",
    env: options.environment ?? {},
    timeout: options.timeoutMs,
    forceKillAfterDelay: 1000,
    maxBuffer: MAX_OUTPUT,
    reject: false,
    stripFinalNewline: false,
  });
  if (result.timedOut) return { kind: "timeout" };
  if (result.isMaxBuffer) return { kind: "too-large" };
  const { stdout, stderr } = result;
  if (result.exitCode !== undefined)
    return { kind: "exited", result: { stdout, stderr, exitCode: result.exitCode } };
  if (result.signal !== undefined) {
    return {
      kind: "exited",
      result: { stdout, stderr, exitCode: signalExitCode(result.signal), signal: result.signal },
    };
  }
  if (result.code === "ENOENT" || result.code === "EACCES") return { kind: "missing" };
  return { kind: "failed", cause: result as unknown as Error };
}

/** The exit code a shell reports for a death by this signal: 128 and its number. */
export function signalExitCode(signal: string): number {
  return 128 + ((constants.signals as Record<string, number>)[signal] ?? 0);
}
