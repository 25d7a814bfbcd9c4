import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import { TaasError } from "../errors";
import { describeCommand, operationTimeout, outputTooLarge, socketRefused } from "./failures";
import type { ConnectionSettings, HostRecord } from "./host";
import { MAX_OUTPUT } from "./output";
import { runProcess } from "./process";
import type { Connection, ExecOptions, ExecResult } from "./transport";

/** This machine, without SSH. */
export class LocalTransport implements Connection {
  /** Never aborted: there is no connection to lose. */
  readonly lost: AbortSignal = new AbortController().signal;
  private readonly peer: { name: string; where: string };

  constructor(
    record: HostRecord,
    private readonly settings: ConnectionSettings,
  ) {
    this.peer = { name: record.name, where: "this machine" };
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const [file, ...rest] = argv;
    if (file === undefined) throw new TypeError("a command needs at least one word");
    const timeoutMs = options.timeoutMs ?? this.settings.operationTimeout * 1000;
    const outcome = await runProcess(file, rest, { input: options.input, timeoutMs });
    switch (outcome.kind) {
      case "exited":
        return outcome.result;
      case "missing":
        return { stdout: "", stderr: `${file}: command not found\n`, exitCode: 127 };
      case "timeout":
        throw operationTimeout(this.peer, describeCommand(argv), timeoutMs);
      case "too-large":
        throw outputTooLarge(this.peer, describeCommand(argv), MAX_OUTPUT);
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

  openSocket(path: string): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(path);
      const onError = (error: Error) => reject(socketRefused(this.peer, path, error.message, error));
      socket.once("error", onError);
      socket.once("connect", () => {
        socket.off("error", onError);
        resolve(socket);
      });
    });
  }

  async close(): Promise<void> {}
}
