import { type ChildProcess, spawn } from "node:child_process";
import { TaasError } from "../../errors";
import type { Endpoint } from "../endpoint";
import { explainSsh } from "./explain";

/** The `ssh` process that holds a connection that other `ssh` processes share. */
export interface Master {
  /** Resolves with its stderr when it has ended; never rejects. */
  ended: Promise<string>;
  stop(): void;
}

const READY = "taas-ready";

/**
 * Starts the master in the foreground with a remote `cat` on its standard input, so that it ends with this process
 * however this process ends; a `ControlPersist` daemon would not. Rejects if it cannot connect, or with the signal's
 * reason.
 */
export function startMaster(
  argv: readonly string[],
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<Master> {
  const child = spawn("ssh", ["-M", ...argv, `echo ${READY}; exec cat`], {
    env: { ...process.env, LC_ALL: "C" },
  });
  const master = { ended: untilEnd(child), stop: () => void child.kill("SIGTERM") };
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      master.stop();
      reject(signal.reason);
    };
    const settle = (outcome: () => void) => {
      signal.removeEventListener("abort", onAbort);
      outcome();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout = (stdout + chunk.toString()).slice(-4096);
      if (stdout.includes(READY)) settle(() => resolve(master));
    });
    child.once("error", (cause) => settle(() => reject(missing(endpoint, cause))));
    void master.ended.then((stderr) => settle(() => reject(explainSsh(endpoint, stderr))));
  });
}

function untilEnd(child: ChildProcess): Promise<string> {
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-8192);
  });
  child.stdin?.on("error", () => {});
  return new Promise((resolve) => {
    child.once("close", () => resolve(stderr));
    // The master of a jump host (ControlPersist) may keep the stderr pipe open after the end.
    child.once("exit", () => setTimeout(() => resolve(stderr), 100));
  });
}

function missing(endpoint: Endpoint, cause: Error): TaasError {
  return new TaasError(`the \`ssh\` program cannot be started: ${cause.message}`, {
    code: "ssh-client-missing",
    host: endpoint.name,
    hint: "Install OpenSSH's client (Debian, Ubuntu: openssh-client; Fedora, RHEL: openssh-clients)",
    cause,
  });
}
