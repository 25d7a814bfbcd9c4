import type { Client, ClientChannel } from "ssh2";
import {
  closedUnfinished,
  connectionLost,
  describeCommand,
  operationTimeout,
  outputTooLarge,
  type Peer,
} from "../failures";
import { frameCommand, LOGIN_LINE } from "../frame";
import { MAX_OUTPUT, Output } from "../output";
import { signalExitCode } from "../process";
import { SessionRefused } from "../sessions";
import type { ExecResult } from "../transport";
import { boundChannel } from "./bounds";

/** One command on a connection. */
export interface RemoteCommand {
  argv: readonly string[];
  input: string | undefined;
  timeoutMs: number;
  peer: Peer;
  /** Aborted when the connection is lost. */
  lost: AbortSignal;
}

/**
 * Runs a command in its own session channel. Rejects with `SessionRefused`, `exec-failed`, `operation-timeout`,
 * `output-too-large` or the reason of the loss.
 */
export async function execInSession(client: Client, command: RemoteCommand): Promise<ExecResult> {
  const { argv, input, timeoutMs, peer, lost } = command;
  const framed = frameCommand(argv, peer);
  const received = new Promise<ExecResult>((resolve, reject) => {
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
      boundChannel(client, opened);
      collect(opened, {
        done: (received) => finish(() => resolve(received)),
        unknown: () => giveUp(closedUnfinished(peer, describeCommand(argv))),
        tooLarge: () => giveUp(outputTooLarge(peer, describeCommand(argv), MAX_OUTPUT)),
      });
      opened.end(framed.header + (input ?? ""));
    };
    try {
      client.exec(LOGIN_LINE, opening);
    } catch (error) {
      giveUp(connectionLost(peer, (error as Error).message, error));
    }
  });
  return framed.resultOf(await received);
}

interface Outcome {
  done(result: ExecResult): void;
  /** The server closed the channel without reporting how the command ended. */
  unknown(): void;
  tooLarge(): void;
}

/**
 * Collects both outputs and the exit status. A lost connection, which closes all channels, has reported itself before.
 */
function collect(channel: ClientChannel, outcome: Outcome): void {
  const output = new Output(() => outcome.tooLarge());
  let ended = 0;
  let exitCode: number | undefined;
  const end = () => {
    ended += 1;
    if (ended < 2) return;
    if (exitCode === undefined) outcome.unknown();
    else outcome.done({ ...output.text(), exitCode });
  };
  output.gather("stdout", channel);
  output.gather("stderr", channel.stderr);
  channel.on("exit", (code: number | null, signal?: string) => {
    exitCode = code ?? signalExitCode(signal ?? "");
  });
  channel.on("error", () => {});
  channel.on("close", end);
  channel.stderr.on("close", end);
}
