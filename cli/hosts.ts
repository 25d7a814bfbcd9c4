import { readFileSync } from "node:fs";
import { TaasError } from "../provider/errors";
import type { HostRecord } from "../provider/host/host";
import { readInventory } from "../provider/readInventory";
import type { Context } from "../provider/resource/context";
import { readSettings, type Settings } from "../provider/settings";
import type { Arguments } from "./arguments";

/** The settings of a run: the inventory of `--hosts`, and the connection's. Errors: `invalid-config`. */
export function settingsOf({ hostsFile, sshConfig }: Arguments): Settings {
  const settings = readSettings((key) => (key === "taas:sshConfig" ? sshConfig : undefined));
  return hostsFile === undefined ? settings : { ...settings, inventory: readHostsFile(hostsFile) };
}

function readHostsFile(file: string): Settings["inventory"] {
  return readInventory(contentOf(file), {
    source: `the file ${file}:`,
    root: "hosts",
    hint: "It is JSON: an object of hosts by name, as the stack configuration's taas:hosts",
  });
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new TaasError(`the file ${file} with the hosts cannot be read: ${(cause as Error).message}`, {
      code: "invalid-config",
      cause,
    });
  }
}

/** The hosts of the command line, each once, with what its options say. Those that are declared gone are left out, with a warning. */
export function recordsOf(context: Context, { inventory }: Settings, wanted: Arguments): HostRecord[] {
  const names = wanted.hosts.length === 0 ? Object.keys(inventory) : wanted.hosts;
  const records = [...new Set(names)].map((name) =>
    context.resolveHost({ ...context.resolveHost(name), ...wanted.connection }),
  );
  for (const { name } of records.filter(({ gone }) => gone)) context.warn(`host ${name} is declared gone`);
  return records.filter(({ gone }) => gone !== true);
}
