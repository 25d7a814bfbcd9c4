import { readFileSync } from "node:fs";
import { TaasError } from "../provider/errors";
import type { HostRecord } from "../provider/host/host";
import { type Inventory, resolveHost } from "../provider/host/inventory";
import { readInventory } from "../provider/readInventory";
import type { Context } from "../provider/resource/context";
import { readSettings, type Settings } from "../provider/settings";
import type { Arguments } from "./arguments";

/** The hosts of the command line, and the settings to reach them with. */
export interface Wanted {
  settings: Settings;
  /** Names, each once. */
  hosts: string[];
}

/**
 * Reads what the command line says of its hosts. What its options say replaces what the inventory says, in the inventory itself, so that
 * all that leads to such a host finds it that way. Errors: `invalid-config`, `invalid-host`.
 */
export function readHosts({ hosts, hostsFile, sshConfig, connection }: Arguments): Wanted {
  const settings = readSettings((key) => (key === "taas:sshConfig" ? sshConfig : undefined));
  const inventory = hostsFile === undefined ? {} : readHostsFile(hostsFile);
  const names = [...new Set(hosts.length === 0 ? Object.keys(inventory) : hosts)];
  const overridden = names.map((host) => {
    const { name, ...entry } = resolveHost(host, inventory);
    return [name, { ...entry, ...connection }] as const;
  });
  return {
    settings: { ...settings, inventory: { ...inventory, ...Object.fromEntries(overridden) } },
    hosts: names,
  };
}

function readHostsFile(file: string): Inventory {
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

/** The hosts that are to be reached: those that are declared gone are left out, with a warning. */
export function recordsOf(context: Context, hosts: readonly string[]): HostRecord[] {
  const records = hosts.map((name) => context.resolveHost(name));
  for (const { name } of records.filter(({ gone }) => gone)) context.warn(`host ${name} is declared gone`);
  return records.filter(({ gone }) => gone !== true);
}
