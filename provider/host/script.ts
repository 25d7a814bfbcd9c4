/**
 * A POSIX shell script with its words, to be run on a host. It runs as the login user; `$TAAS_SUDO` stands in front of each
 * tool in it that may need more: empty, or sudo with its options. So sudo is asked for tools and never for a shell.
 */
export interface Script {
  text: string;
  /** What the shell calls it in its messages. */
  name: string;
  /** `$1` and so on. */
  words: readonly string[];
}

/** What can be run on a host: an argv, never shell text, or a script of ours with its words. */
export type Command = readonly string[] | Script;

/** A command as an argv that runs as the login user, with nothing in front of a script's tools. */
export function plainArgv(command: Command): readonly string[] {
  return "text" in command ? ["sh", "-c", command.text, command.name, ...command.words] : command;
}

/** What a command is called: a script's name, or the tool's. */
export function nameOf(command: Command): string {
  return "text" in command ? command.name : (command[0] ?? "");
}
