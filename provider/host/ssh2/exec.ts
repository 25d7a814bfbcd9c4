import type { Client, ClientChannel } from "ssh2";
import { connectionLost, describeCommand, operationTimeout, outputTooLarge, type Peer } from "../failures";
import { MAX_OUTPUT, Output } from "../output";
import { signalExitCode } from "../process";
import { quoteArgv } from "../quote";
import { SessionRefused } from "../sessions";
import type { ExecResult } from "../transport";

/** One command on a connection. */
export interface RemoteCommand {
  argv: readonly string[];
  input: string | undefined;
  timeoutMs: number;
  peer: Peer;
  /** Aborted when the connection is gone. */
  lost: AbortSignal;
}

/** Runs a command in a session channel of its own. Rejects with `SessionRefused`, `operation-timeout`, `output-too-large` or the loss. */
export function execInSession(client: Client, command: RemoteCommand): Promise<ExecResult> {
  const { argv, input, timeoutMs, peer, lost } = command;
  const line = quoteArgv(argv);
  return new Promise((resolve, reject) => {
    let channel: ClientChannel | undefined;
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      lost.removeEventListener("abort", onLost);
      settle();
    };
    const giveUp = (error: unknown) =>
      finish(() => {
        channel?.signal("TERM");
        channel?.close();
        reject(error);
      });
    const onLost = () => finish(() => reject(lost.reason));
    const timer = setTimeout(
      () => giveUp(operationTimeout(peer, describeCommand(argv), timeoutMs)),
      timeoutMs,
    );
    if (lost.aborted) return onLost();
    lost.addEventListener("abort", onLost, { once: true });
    const opening = (error: Error | undefined, opened: ClientChannel) => {
      if (error) return finish(() => reject(lost.aborted ? lost.reason : new SessionRefused(error.message)));
      channel = opened;
      collect(opened, {
        done: (result) => finish(() => resolve(result)),
        tooLarge: () => giveUp(outputTooLarge(peer, describeCommand(argv), MAX_OUTPUT)),
      });
      opened.end(input ?? "");
    };
    try {
      client.exec(line, opening);
    } catch (error) {
      giveUp(connectionLost(peer, (error as Error).message, error));
    }
  });
}

interface Outcome {
  done(result: ExecResult): void;
  tooLarge(): void;
}

/** Gathers both outputs and the exit; a channel that closes without an exit is a lost connection, which reports itself. */
function collect(channel: ClientChannel, outcome: Outcome): void {
  const output = new Output(() => outcome.tooLarge());
  let ended = 0;
  let exit: { exitCode: number; signal?: string } | undefined;
  const end = () => {
    ended += 1;
    if (ended === 2 && exit !== undefined) outcome.done({ ...output.text(), ...exit });
  };
  output.gather("stdout", channel);
  output.gather("stderr", channel.stderr);
  channel.on("exit", (code: number | null, signal?: string) => {
    exit =
      code === null
        ? { exitCode: signalExitCode(signal ?? ""), signal: signal ?? "unknown" }
        : { exitCode: code };
  });
  channel.on("error", () => {});
  channel.on("close", end);
  channel.stderr.on("close", end);
}
