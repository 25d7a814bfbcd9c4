import { randomUUID } from "node:crypto";
import { commandNotRun, type Peer } from "./failures";
import { quoteArgv } from "./quote";
import type { ExecResult } from "./transport";

/**
 * The line that the login shell of a host gets, for every command the same: it hands over to a POSIX shell, which reads what to run
 * from the first line of standard input. No shell has to understand any word of ours, whatever it takes quotes and backslashes for
 * (tried: bash, dash, zsh, busybox ash, fish, tcsh), and Linux's limit for the length of one argument does not bind. A line that was
 * cut by a lost connection has no end, and is not run.
 */
export const LOGIN_LINE = `exec /bin/sh -c 'IFS= read -r text && eval "$(printf %b "$text")"'`;

/** A command on its way through a login shell. */
export interface FramedCommand {
  /** What goes to standard input in front of the command's own input. */
  header: string;
  /** The command's result in what came back. Throws `exec-failed` where the login shell did not run it. */
  resultOf(received: ExecResult): ExecResult;
}

/**
 * Frames a command: both outputs get a random mark before and after it, so that a greeting of the login shell, or a message at its
 * end, is told from what the command writes. The second mark carries the exit code, because a server may report another one or none.
 * Throws a `TypeError` for words that no command line can carry.
 */
export function frameCommand(argv: readonly string[], peer: Peer): FramedCommand {
  const mark = `taas-${randomUUID()}`;
  const text = `printf '${mark}\\n'; printf '${mark}\\n' >&2
${quoteArgv(argv)}
set -- $?; printf '${mark} %s\\n' $1; printf '${mark}\\n' >&2; exit $1`;
  return {
    header: `${text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`,
    resultOf(received) {
      const { stdout, stderr, exitCode } = received;
      const output = between(stdout, mark);
      if (output === undefined) throw commandNotRun(peer, received);
      const code = /^ (\d+)\n/.exec(output.after)?.[1];
      return {
        stdout: output.text,
        stderr: between(stderr, mark)?.text ?? stderr,
        exitCode: code === undefined ? exitCode : Number(code),
      };
    },
  };
}

/** What is between the two marks, and what comes after the second; a command that was killed has left no second one. */
function between(output: string, mark: string): { text: string; after: string } | undefined {
  const first = output.indexOf(`${mark}\n`);
  if (first < 0) return undefined;
  const start = first + mark.length + 1;
  const end = output.indexOf(mark, start);
  if (end < 0) return { text: output.slice(start), after: "" };
  return { text: output.slice(start, end), after: output.slice(end + mark.length) };
}
