import { Command } from "commander";
import { addCommonOptions, type CommonOptions, optionsOf } from "../../../cli/options";

/** The common options of a command line. */
export function commonOptions(...words: string[]): CommonOptions {
  const command = new Command();
  addCommonOptions(command);
  return optionsOf(command.parse(words, { from: "user" }));
}
