import { randomUUID } from "node:crypto";
import { commandNotRun, type Peer } from "./failures";
import { quoteArgv } from "./quote";
import type { ExecResult } from "./transport";

/**
 * The line that a host's login shell receives, the same for every command. It starts a POSIX shell, which reads the
 * text to run from the first line of standard input. No login shell therefore has to interpret any word of ours,
 * whatever its rules for quotes and backslashes (tested with bash, dash, zsh, busybox ash, fish, tcsh), and Linux's
 * limit on the length of one argument does not apply. A line that a lost connection cut short has no line end, so it is
 * not run.
 */
export const LOGIN_LINE = `exec /bin/sh -c 'IFS= read -r text && eval "$(printf %b "$text")"'`;

/** A command in the form in which a login shell passes it on. */
export interface FramedCommand {
  /** Sent to standard input before the command's own input. */
  header: string;
  /** Extracts the command's result from the output. Throws `exec-failed` if the login shell did not run the command. */
  resultOf(received: ExecResult): ExecResult;
}

/**
 * Frames a command. Both outputs get a random mark before and after it, which separates a greeting or a last message of
 * the login shell from the command's own output. The second mark carries the exit code, because a server may report
 * another one or none. Throws a `TypeError` for words that no command line can contain.
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

/** The text between the two marks, and the text after the second; a killed command prints no second mark. */
function between(output: string, mark: string): { text: string; after: string } | undefined {
  const first = output.indexOf(`${mark}\n`);
  if (first < 0) return undefined;
  const start = first + mark.length + 1;
  const end = output.indexOf(mark, start);
  if (end < 0) return { text: output.slice(start), after: "" };
  return { text: output.slice(start, end), after: output.slice(end + mark.length) };
}
