import type { Command } from "commander";
import type { HostRecord } from "../provider/host/host";
import type { Context } from "../provider/resource/context";
import type { ExitCode } from "./exitCode";
import type { CommonOptions } from "./options";
import type { Output } from "./output";

/** What a command is given to do its work with. */
export interface Work<Options = object> {
  context: Context;
  /** The hosts that the command line selects, but for those that are declared gone. */
  hosts: HostRecord[];
  /** The values of the command's own options, and of those that all commands have. */
  options: Options & CommonOptions;
  /** Its arguments. */
  args: string[];
  output: Output;
  /** Aborted when the operator or a supervisor ends the command. */
  signal: AbortSignal;
}

/** One command: what it is called, what it takes and what it does. */
export interface CommandSpec<Options = object> {
  name: string;
  /** What it does, in one line. */
  summary: string;
  /** The same for its `--help`. Default: the summary. */
  description?: string;
  /** Whole command lines, for its `--help`. */
  examples: readonly string[];
  /** Adds its own options and arguments. */
  configure?(command: Command): void;
  /** Throws a UsageError where the options make no sense, before anything is read. */
  check?(options: Options & CommonOptions): void;
  /** Stacks that it takes from `--stack` for itself; the others are about where its hosts stand. Default: none. */
  ownStacks?(stack: string): boolean;
  /**
   * `steps` (default): a signal lets the step under way end, for at most two seconds, and closes the connections. `service`: the command runs
   * until it is told to end; connections are kept for as long, and a signal only aborts `signal`, so that the work can end cleanly.
   */
  lifetime?: "steps" | "service";
  /**
   * Does the work. A UsageError, a TaasError or a fault of the program that it throws is told, and ends the process with 2. What it has
   * complained of turns 0 into 1.
   */
  run(work: Work<Options>): Promise<ExitCode>;
}

/** Commands under one word. */
export interface CommandGroup {
  name: string;
  summary: string;
  commands: readonly CommandSpec[];
}
