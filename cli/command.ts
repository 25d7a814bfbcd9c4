import type { Command } from "commander";
import type { HostRecord } from "../provider/host/host";
import type { Context } from "../provider/resource/context";
import type { ExitCode } from "./exitCode";
import type { CommonOptions } from "./options";
import type { Output } from "./output";

/** What a command gets to do its work. */
export interface Work<Options = object> {
  context: Context;
  /** The hosts that the command line selects, except those that are declared gone. */
  hosts: HostRecord[];
  /** Those that are declared gone. */
  gone: HostRecord[];
  /** The values of the command's own options, and of those that all commands have. */
  options: Options & CommonOptions;
  /** Its arguments. */
  args: string[];
  output: Output;
  /** Aborted if the operator or a supervisor ends the command. */
  signal: AbortSignal;
}

/** Whether a command needs a host to reach. `required`: without one it can do nothing. `optional`: it runs without any, too. */
export type HostNeed = "required" | "optional";

/** One command: its name, its options, and what it does. */
export interface CommandSpec<Options = object> {
  name: string;
  /** What it does, in one line. */
  summary: string;
  /** The same for its `--help`. Default: the summary. */
  description?: string;
  /** Complete command lines, for its `--help`. */
  examples: readonly string[];
  /** Adds its own options and arguments. */
  configure?(command: Command): void;
  /** Throws a UsageError if the options are inconsistent, before anything is read. */
  check?(options: Options & CommonOptions): void;
  /**
   * Whether the command uses a stack from `--stack` for itself; other stacks select the configuration with the hosts.
   * Default: none.
   */
  ownStacks?(stack: string): boolean;
  /** Whether the command needs a host that is not declared gone. Default: `required`. */
  hostNeed?: HostNeed;
  /**
   * `steps` (default): after a signal, the current step may end within two seconds, and the connections are closed.
   * `service`: the command runs until it is told to end. Its connections are kept until then, and a signal only aborts
   * `signal`, so that the work can end cleanly.
   */
  lifetime?: "steps" | "service";
  /**
   * Runs the command. A UsageError, a TaasError or another error that it throws is reported, and the process exits with
   * 2. A reported problem turns exit code 0 into 1.
   */
  run(work: Work<Options>): Promise<ExitCode>;
}

/** Commands with a common first word. */
export interface CommandGroup {
  name: string;
  summary: string;
  commands: readonly CommandSpec[];
}
