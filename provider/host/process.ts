import { constants } from "node:os";
import { deadlineIn } from "./deadline";
import { loadExeca } from "./execa";
import { Output } from "./output";
import type { ExecResult } from "./transport";

/** How a local process is run. */
export interface ProcessOptions {
  input?: string | undefined;
  timeoutMs: number;
  /** Terminates the process. */
  signal?: AbortSignal;
  /** The whole environment of the process. Default: that of this process. */
  environment?: NodeJS.ProcessEnv;
}

/** How a local process ended: its result, or why there is none. */
export type ProcessOutcome =
  | { kind: "exited"; result: ExecResult }
  | { kind: "missing" }
  | { kind: "timeout" }
  | { kind: "aborted" }
  | { kind: "too-large" }
  | { kind: "failed"; cause: Error };

/** Milliseconds that a process gets to end by itself before it is killed. */
const GRACE = 1000;

/**
 * Runs a local program without a shell. Never rejects. A process that is terminated ends together with everything that
 * it has started. Each is therefore the leader of its own process group, so an interrupt from the terminal does not
 * reach it.
 */
export async function runProcess(
  file: string,
  argv: readonly string[],
  { input = "", timeoutMs, signal, environment = process.env }: ProcessOptions,
): Promise<ProcessOutcome> {
  if (argv.some((word) => word.includes("\0"))) {
    return { kind: "failed", cause: new TypeError("a command line cannot carry a NUL character") };
  }
  const { execa } = await loadExeca();
  if (signal?.aborted) return { kind: "aborted" };
  const tooLarge = new AbortController();
  const output = new Output(() => tooLarge.abort());
  const limit = deadlineIn(timeoutMs, () => new Error("it took too long"));
  const signals = [limit.signal, tooLarge.signal, ...(signal === undefined ? [] : [signal])];
  const givenUp = AbortSignal.any(signals);
  const running = execa(file, argv, {
    input,
    env: environment,
    extendEnv: false,
    cancelSignal: givenUp,
    killDescendants: true,
    forceKillAfterDelay: false, // it would not be used once the first process has ended
    buffer: false, // endless output would be read to its end
    reject: false,
    cleanup: false, // it would end this process at a signal, before connections are closed (shutdown.ts)
  });
  output.gather("stdout", running.stdout);
  output.gather("stderr", running.stderr);
  const force = () => {
    running.kill("SIGKILL");
    // A daemon that has left the process group may keep them open.
    running.stdout.destroy();
    running.stderr.destroy();
  };
  const onGivenUp = () => setTimeout(force, GRACE);
  givenUp.addEventListener("abort", onGivenUp, { once: true });
  const ended = await running;
  limit.clear();
  givenUp.removeEventListener("abort", onGivenUp);
  if (ended.isCanceled && tooLarge.signal.aborted) return { kind: "too-large" };
  if (ended.isCanceled) return { kind: limit.signal.aborted ? "timeout" : "aborted" };
  if (ended.code === "ENOENT" || ended.code === "EACCES") return { kind: "missing" };
  const exitCode = ended.signal === undefined ? ended.exitCode : signalExitCode(ended.signal);
  if (exitCode === undefined) return { kind: "failed", cause: ended.cause as Error };
  return { kind: "exited", result: { ...output.text(), exitCode } };
}

/** The exit code that a shell reports for a process killed by this signal: 128 plus the signal's number. */
export function signalExitCode(signal: string): number {
  return 128 + ((constants.signals as Record<string, number>)[signal] ?? 0);
}
