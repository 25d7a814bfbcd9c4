import type { Duplex } from "node:stream";

/** The result of a finished command. A non-zero exit code is a result, not an exception. */
export interface ExecResult {
  stdout: string;
  stderr: string;
  /** 128 plus the signal's number if a signal ended it, as a shell reports it. */
  exitCode: number;
}

/** How one command is run. */
export interface ExecOptions {
  /** Written to the command's standard input, which is then closed. Default: no input. */
  input?: string;
  /**
   * Milliseconds after which the command is aborted with `operation-timeout`. Default: the operation time limit of the
   * settings.
   */
  timeoutMs?: number;
}

/**
 * Access to one host. Every method rejects with a `TaasError` that carries the host's name. Arguments are an argv,
 * never shell text; the transport does the quoting. A result contains only what the command itself wrote, and nothing
 * that a login shell prints before or after it.
 */
export interface Transport {
  /** Runs a command as the login user. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Opens a stream to a unix socket on the host. Rejects with `socket-refused` if the socket cannot be opened. */
  openSocket(path: string): Promise<Duplex>;
  /** Closes the connection; idempotent. */
  close(): Promise<void>;
}

/** A transport over a connection, which can be lost. */
export interface Connection extends Transport {
  /**
   * Aborted when the connection is lost, and also by `close`. Its reason is the `TaasError` with which all pending work
   * is rejected.
   */
  readonly lost: AbortSignal;
}
