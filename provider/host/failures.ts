import { TaasError, withDetails } from "../errors";
import type { ExecResult } from "./transport";

/** The host that a failure of the connection concerns. */
export interface Peer {
  /** The program's name for the host. */
  name: string;
  /** Resolved user, address, port and jump host. */
  where: string;
}

/** No connection to the host could be established. `why`: DNS, refused, no route, time limit. */
export function unreachable(peer: Peer, why: string, hint: string, cause?: unknown): TaasError {
  return new TaasError(`cannot reach ${peer.where}: ${why}`, {
    code: "unreachable",
    host: peer.name,
    hint,
    cause,
  });
}

/** No connection within the time limit. */
export function connectTimeout(peer: Peer, seconds: number): TaasError {
  const hint = "Check the network, its firewall and sshd there; taas:connectTimeout raises the limit";
  return unreachable(peer, `no connection within ${seconds} s (time-out)`, hint);
}

/** An established connection was lost. */
export function connectionLost(peer: Peer, why: string, cause?: unknown): TaasError {
  return new TaasError(`the connection to ${peer.where} was lost: ${why}`, {
    code: "connection-lost",
    host: peer.name,
    hint: "The state of what was running there is unknown; run again, every operation starts by reading the host",
    cause,
  });
}

/** A command took longer than its time limit. */
export function operationTimeout(peer: Peer, what: string, milliseconds: number): TaasError {
  return new TaasError(`${what} on ${peer.where} took longer than ${milliseconds / 1000} s and was aborted`, {
    code: "operation-timeout",
    host: peer.name,
    hint: "If the host is only slow, raise taas:operationTimeout",
  });
}

/** A command wrote more output than the limit. */
export function outputTooLarge(peer: Peer, what: string, bytes: number): TaasError {
  return new TaasError(`${what} on ${peer.where} wrote more than ${bytes / 1024 / 1024} MiB`, {
    code: "output-too-large",
    host: peer.name,
  });
}

/** The login shell did not run the command, so nothing was done. */
export function commandNotRun(peer: Peer, { exitCode, stdout, stderr }: ExecResult): TaasError {
  const text = (stderr || stdout).trim().slice(0, 300);
  return new TaasError(`${peer.where} does not run POSIX shell commands (exit code ${exitCode}: ${text})`, {
    code: "exec-failed",
    host: peer.name,
    hint: "The host needs /bin/sh, a login shell whose start-up files do not read standard input, and a key without a forced command",
  });
}

/** The server closed a command's session without reporting how the command ended. */
export function closedUnfinished(peer: Peer, what: string): TaasError {
  return new TaasError(`${peer.where} closed the session of ${what} without an exit status`, {
    code: "exec-failed",
    host: peer.name,
    hint: "It is unknown how the command ended; run again, and see the log of the host's sshd",
  });
}

/** The server runs no commands at all for this login. */
export function sessionRefused(peer: Peer, cause: Error): TaasError {
  return new TaasError(`${peer.where} runs no commands: ${cause.message}`, {
    code: "session-refused",
    host: peer.name,
    hint: "Check MaxSessions and ForceCommand in the host's sshd_config, and the options of the key in authorized_keys",
    cause,
  });
}

/** A unix socket on the host could not be opened. */
export function socketRefused(peer: Peer, path: string, why: string, cause?: unknown): TaasError {
  return new TaasError(`the socket ${path} on ${peer.where} cannot be opened: ${why}`, {
    code: "socket-refused",
    host: peer.name,
    hint: "It does not exist, the user may not use it, or sshd_config has AllowStreamLocalForwarding no",
    cause,
  });
}

/** The same error under another name of the host, because names share connections. */
export function underName(error: unknown, name: string): unknown {
  if (!(error instanceof TaasError) || error.host === name) return error;
  return withDetails(error, { host: name });
}

/** A command as one readable line for messages. */
export function describeCommand(argv: readonly string[]): string {
  const line = argv.join(" ").replaceAll(/\s+/g, " ");
  return `"${line.length > 120 ? `${line.slice(0, 117)}...` : line}"`;
}
