import { printable } from "../../../provider/printable";
import type { Lock } from "../../api/changes";
import type { LoggedEvent, Ran } from "./deployer";

/** How Pulumi Cloud and file backends report that another run has locked a stack. */
const LOCKED = /\[409\] Conflict|the stack is currently locked by/;

/** The holder of a file backend's lock, and since when it holds it. */
const HOLDER = /created by (\S+) \(pid \d+\) at (\S+)/;

/** What a command that failed has written, in the form of execa, which the SDK runs it with. */
interface Written {
  stdout?: string;
  stderr?: string;
  shortMessage?: string;
}

/**
 * What the CLI has written, if it was the CLI that failed. The message of the SDK's error is no substitute: it has the command line and
 * both streams in one text, so that what a host says would be taken for what the CLI says.
 */
function writtenBy(error: unknown): Written | undefined {
  return (error as { commandResult?: { err?: Written } }).commandResult?.err;
}

/** What the CLI says of its failure; the error's own message if it was not the CLI that failed. */
export function messageOf(error: unknown): string {
  const { stderr = "", shortMessage } = writtenBy(error) ?? {};
  return stderr.trim() || shortMessage || (error as Error).message;
}

/** The result of work with the CLI. Where it fails, its error has the CLI's own words. */
export async function inOwnWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new Error(messageOf(cause), { cause });
  }
}

/** The result of a run that failed. `text`: what it has told so far; `events`: what has happened in it. */
export function failedRun(error: unknown, text: string, events: readonly LoggedEvent[]): Ran {
  // The pieces that were told may end within a character; what the command has written as a whole does not.
  const { stdout = text, stderr = "" } = writtenBy(error) ?? {};
  // A run that a lock has kept out has not come to any resource. One that has may also quote a host there.
  const lock = events.some(isOfRun) ? undefined : lockIn(stderr);
  const reason = messageOf(error);
  return {
    ...{ succeeded: false, text: stdout || reason, events, reason },
    ...(lock === undefined ? {} : { lock }),
  };
}

function isOfRun(event: LoggedEvent): boolean {
  const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent } = event;
  return [resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent].some(
    (part) => part !== undefined,
  );
}

/** The lock in what the CLI has written on its standard error; undefined if it mentions none. */
export function lockIn(stderr: string): Lock | undefined {
  const found = LOCKED.exec(stderr);
  if (found === null) return undefined;
  const [, by = "another run", since] = HOLDER.exec(stderr) ?? [];
  const said = stderr.slice(found.index).split("\n").slice(0, 3);
  return { by, ...(since === undefined ? {} : { since }), text: printable(said.join("\n")) };
}
