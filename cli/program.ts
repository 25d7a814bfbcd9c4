import { Command } from "commander";
import type { Context } from "../provider/resource/context";
import { withContext } from "../provider/runtime";
import type { CommandGroup, CommandSpec } from "./command";
import { COMMANDS } from "./commands";
import type { ExitCode } from "./exitCode";
import { readHosts, recordsOf } from "./hosts";
import { addCommonOptions, optionsOf, readConnection } from "./options";
import type { Output } from "./output";
import { UsageError } from "./usageError";

/** How a program's commands are run. */
export interface Run {
  output: Output;
  signal: AbortSignal;
  /** Called with the command's exit code. */
  ended(code: ExitCode): void;
}

/** A requested text has been printed: there is nothing else to do. */
export class TextPrinted extends Error {}

/** The codes of commander for a requested text that was printed. */
const ASKED_FOR: ReadonlySet<string> = new Set(["commander.helpDisplayed", "commander.version"]);

/** `pulumi-taas` with all its commands. Parsing rejects with a UsageError if the command line is invalid. */
export function program(version: string, run: Run): Command {
  const root = framed("pulumi-taas").description("Taps of Open vSwitch hosts: see, check and clean up.");
  root.version(version, "-V, --version", "print the version").usage("<command> [options]");
  for (const entry of COMMANDS) root.addCommand(isGroup(entry) ? group(entry, run) : leaf(entry, run));
  return root;
}

function isGroup(entry: CommandSpec | CommandGroup): entry is CommandGroup {
  return "commands" in entry;
}

function group({ name, summary, commands }: CommandGroup, run: Run): Command {
  const command = framed(name).summary(summary).description(`${summary}.`).usage("<command> [options]");
  for (const spec of commands) command.addCommand(leaf(spec, run));
  return command;
}

function leaf(spec: CommandSpec, run: Run): Command {
  const { name, summary, description = `${summary}.`, examples } = spec;
  const command = framed(name).summary(summary).description(description.replaceAll("\n", " "));
  command.optionsGroup("Options:");
  spec.configure?.(command);
  addCommonOptions(command);
  command.addHelpText("after", `\nExamples:\n${examples.map((one) => `  pulumi-taas ${one}`).join("\n")}\n`);
  command.addHelpText("after", "Exit code: 0 done, all well; 1 something is wrong; 2 could not be done.");
  return command.action(async () => {
    try {
      run.ended(await runCommand(spec, command, run));
    } catch (error) {
      throw error instanceof UsageError ? new UsageError(error.message, usage(command)) : error;
    }
  });
}

/** A command that neither prints its errors nor ends the process. */
function framed(name: string): Command {
  const command = new Command(name);
  command.helpOption("-h, --help", "print this help").helpCommand(false).allowExcessArguments(false);
  command.configureOutput({ writeErr: () => {} }).configureHelp({ helpWidth: 120 });
  return command.exitOverride((error) => {
    if (ASKED_FOR.has(error.code)) throw new TextPrinted();
    throw new UsageError(wrong(error.message, command), usage(command));
  });
}

function wrong(message: string, { commands }: Command): string {
  if (message !== "(outputHelp)") return message.replace(/^error: /, "");
  return `name a command: ${commands.map((one) => one.name()).join(", ")}`;
}

function usage(command: Command): string {
  const words = [command.name()];
  for (let { parent } = command; parent !== null; { parent } = parent) words.unshift(parent.name());
  return `Usage: ${words.join(" ")} ${command.usage()}; more with ${words.join(" ")} --help`;
}

async function runCommand(spec: CommandSpec, command: Command, run: Run): Promise<ExitCode> {
  const { output, signal } = run;
  const options = optionsOf(command);
  spec.check?.(options);
  const stack = options.stack.filter((name) => spec.ownStacks?.(name) !== true);
  const { settings, hosts } = readHosts({ ...options, stack }, readConnection(options));
  const work = (context: Context) => {
    const records = recordsOf(context, hosts, spec.hostNeed ?? "required");
    return spec.run({ context, ...records, options, args: command.args, output, signal });
  };
  const code = await withContext(settings, work, { until: spec.lifetime === "service" ? "end" : "idle" });
  return code === 0 && output.hasErrors ? 1 : code;
}
