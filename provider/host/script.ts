/**
 * A POSIX shell script with its words, to be run on a host as the login user. `$TAAS_SUDO` precedes each tool that may
 * need more rights: it is empty, or sudo with its options. sudo is therefore asked to run tools, never a shell.
 */
export interface Script {
  text: string;
  /** The script's name in the shell's messages. */
  name: string;
  /** `$1` and so on. */
  words: readonly string[];
}

/** A command for a host: an argv, never shell text, or a built-in script with its words. */
export type Command = readonly string[] | Script;

/** A command as an argv that runs as the login user, with nothing before a script's tools. */
export function plainArgv(command: Command): readonly string[] {
  return "text" in command ? ["sh", "-c", command.text, command.name, ...command.words] : command;
}

/** The name of a command: that of the script, or of the tool. */
export function nameOf(command: Command): string {
  return "text" in command ? command.name : (command[0] ?? "");
}
