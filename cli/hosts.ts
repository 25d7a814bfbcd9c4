import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { TaasError } from "../provider/errors";
import type { HostRecord } from "../provider/host/host";
import { entryOf, type Inventory, resolveHost } from "../provider/host/inventory";
import { checkInventory } from "../provider/readInventory";
import type { Context } from "../provider/resource/context";
import type { ConnectionOptions } from "../provider/schema/host";
import { readSettings, type Settings } from "../provider/settings";
import { readStackSettings } from "../provider/stackSettings";
import type { HostNeed } from "./command";
import type { Source } from "./options";
import { UsageError } from "./usageError";

/** The hosts on the command line, and the settings to reach them with. */
export interface Wanted {
  settings: Settings;
  /** Names, each once. */
  hosts: string[];
}

/**
 * Reads which hosts the command line names. A host that is named by its address is the inventory's entry for that
 * address. The options override the inventory itself, so that everything that refers to such a host uses them. Throws a
 * UsageError. Errors: `invalid-config`, `invalid-host`.
 */
export function readHosts(source: Source, connection: ConnectionOptions): Wanted {
  const settings = settingsOf(source);
  const { inventory } = settings;
  const names = [...new Set(source.host.length === 0 ? Object.keys(inventory) : source.host)];
  if (names.length === 0) {
    throw new UsageError(
      source.hosts === undefined && source.project === undefined && source.stack.length === 0
        ? "name the hosts: --host, --hosts or --project"
        : "the inventory has no hosts",
    );
  }
  const overridden = names.map((host) => {
    const named = resolveHost(host, inventory);
    const { name: _name, ...entry } = entryOf(named, inventory) ?? named;
    return [named.name, { ...entry, ...connection }] as const;
  });
  return {
    settings: { ...settings, inventory: { ...inventory, ...Object.fromEntries(overridden) } },
    hosts: names,
  };
}

function settingsOf({ hosts, project, stack: [stack, ...others], sshConfig }: Source): Settings {
  if (others.length > 0) throw new UsageError("--stack must name one stack");
  const isOfProject = project !== undefined || stack !== undefined;
  if (hosts !== undefined && isOfProject) throw new UsageError("give --hosts or --project, not both");
  if (isOfProject) {
    const settings = readStackSettings(project ?? ".", stack);
    return sshConfig === undefined
      ? settings
      : { ...settings, connection: { ...settings.connection, sshConfig } };
  }
  const settings = readSettings((key) => (key === "taas:sshConfig" ? sshConfig : undefined));
  return hosts === undefined ? settings : { ...settings, inventory: readHostsFile(hosts) };
}

function readHostsFile(file: string): Inventory {
  const text = contentOf(file);
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    // Rejected below, like any other text.
  }
  return checkInventory(value, {
    source: `the file ${file}:`,
    root: "hosts",
    hint: "It must be JSON or YAML: an object of hosts by name, like the stack configuration's taas:hosts",
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

/**
 * The records of these hosts: those to reach, and those that are declared gone, of which a warning tells. `need`: whether
 * the command can do without any to reach; if not, throws `host-gone`.
 */
export function recordsOf(
  context: Context,
  names: readonly string[],
  need: HostNeed,
): Record<"hosts" | "gone", HostRecord[]> {
  const records = names.map((name) => context.resolveHost(name));
  const hosts = records.filter((record) => record.gone !== true);
  const gone = records.filter((record) => record.gone === true);
  if (need === "required" && hosts.length === 0) {
    throw new TaasError(`all hosts of the command line are declared gone: ${names.join(", ")}`, {
      code: "host-gone",
      hint: "Remove `gone` from a host that is back, or name another host",
    });
  }
  for (const { name } of gone) context.warn(`host ${name} is declared gone`);
  return { hosts, gone };
}
