import { captureCommand } from "./capture/capture";
import { extcap } from "./capture/extcap";
import { list } from "./claims/list";
import { remove } from "./claims/remove";
import type { CommandGroup, CommandSpec } from "./command";
import { console } from "./console";
import { metrics } from "./metrics/metrics";
import { verify } from "./verify";

/** All commands, in the order of `--help`. */
export const COMMANDS: readonly (CommandSpec | CommandGroup)[] = [
  {
    name: "claims",
    summary: "list what is tapped, or remove claims whose stack is gone",
    commands: [list, remove],
  },
  metrics,
  verify,
  console,
  captureCommand,
  extcap,
];
