import { setMaxListeners } from "node:events";
import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import { TaasError } from "../errors";
import {
  connectionLost,
  describeCommand,
  operationTimeout,
  outputTooLarge,
  type Peer,
  socketRefused,
} from "./failures";
import type { ConnectionSettings, HostRecord } from "./host";
import { MAX_OUTPUT } from "./output";
import { runProcess } from "./process";
import type { Connection, ExecOptions, ExecResult } from "./transport";

/** This machine, without SSH. There is no connection that could be lost: only `close` ends it. */
export class LocalTransport implements Connection {
  private readonly ending = new AbortController();
  private readonly peer: Peer;

  constructor(
    record: HostRecord,
    private readonly settings: ConnectionSettings,
  ) {
    this.peer = { name: record.name, where: "this machine" };
    setMaxListeners(0, this.lost);
  }

  get lost(): AbortSignal {
    return this.ending.signal;
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const [file, ...rest] = argv;
    if (file === undefined) throw new TypeError("a command needs at least one word");
    const timeoutMs = options.timeoutMs ?? this.settings.operationTimeout * 1000;
    const outcome = await runProcess(file, rest, { input: options.input, timeoutMs, signal: this.lost });
    switch (outcome.kind) {
      case "exited":
        return outcome.result;
      case "missing":
        return { stdout: "", stderr: `${file}: command not found\n`, exitCode: 127 };
      case "timeout":
        throw operationTimeout(this.peer, describeCommand(argv), timeoutMs);
      case "too-large":
        throw outputTooLarge(this.peer, describeCommand(argv), MAX_OUTPUT);
      case "aborted":
        throw this.lost.reason;
      default: {
        const cause = outcome.kind === "failed" ? outcome.cause : undefined;
        throw new TaasError(`${describeCommand(argv)} cannot be run: ${cause?.message ?? outcome.kind}`, {
          code: "exec-failed",
          host: this.peer.name,
          cause,
        });
      }
    }
  }

  /** The stream ends when the transport is closed, as a forwarded one does. */
  openSocket(path: string): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      this.lost.throwIfAborted();
      const socket = createConnection(path);
      const onLost = () => socket.destroy(socket.listenerCount("error") > 0 ? this.lost.reason : undefined);
      this.lost.addEventListener("abort", onLost, { once: true });
      socket.once("close", () => this.lost.removeEventListener("abort", onLost));
      const onError = (error: Error) =>
        reject(error === this.lost.reason ? error : socketRefused(this.peer, path, error.message, error));
      socket.once("error", onError);
      socket.once("connect", () => {
        socket.off("error", onError);
        resolve(socket);
      });
    });
  }

  async close(): Promise<void> {
    this.ending.abort(connectionLost(this.peer, "it was closed"));
  }
}
