import type { Duplex } from "node:stream";

/** What a finished command left behind. A non-zero exit code is a result, not an exception. */
export interface ExecResult {
  stdout: string;
  stderr: string;
  /** 128 and the signal's number when a signal ended it, as a shell reports it. */
  exitCode: number;
}

/** How one command is run. */
export interface ExecOptions {
  /** Written to the command's standard input, which is then closed. Default: no input. */
  input?: string;
  /** Milliseconds after which the command is given up with an `operation-timeout` error. Default: the settings' operation time limit. */
  timeoutMs?: number;
}

/**
 * A way to reach one host. Every method rejects with a `TaasError` that carries the host's name.
 * Arguments are an argv, never shell text: quoting is the transport's own affair. A result is what the command itself wrote: nothing
 * that a login shell says before or after it is part of it.
 */
export interface Transport {
  /** Runs a command as the login user. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Opens a stream to a unix socket on the host. Rejects with code `socket-refused` when the socket cannot be opened. */
  openSocket(path: string): Promise<Duplex>;
  /** Ends the connection; idempotent. */
  close(): Promise<void>;
}

/** A transport that stands on a connection, which can be lost. */
export interface Connection extends Transport {
  /** Aborted when the connection is gone, by `close` too. Its reason is the `TaasError` that everything under way is rejected with. */
  readonly lost: AbortSignal;
}
