import type { Command } from "commander";
import { type ConnectionOptions, connectionOptions } from "../provider/schema/host";
import { wording } from "../provider/schema/reasons";
import { UsageError } from "./usageError";

/** Where hosts and settings are read from. */
export interface Source {
  /** Path of an inventory. */
  hosts?: string;
  /** Folder of a Pulumi project. */
  project?: string;
  /** Names of stacks; at most one of them selects the configuration. */
  stack: string[];
  /** Names of hosts; none: the whole inventory. */
  host: string[];
  sshConfig?: string;
}

/** The options of all commands that reach hosts. */
export interface CommonOptions extends Source {
  json?: true;
  sshPort?: string;
  user?: string;
  identityFile?: string;
  hostKey?: string;
  proxyJump?: string;
  transport?: string;
  sudo?: string;
  tapBridge?: string;
}

/** The field of a host that an option sets, if the names differ. */
const FIELDS: Readonly<Record<string, string>> = { sshPort: "port" };

const CONNECTION = [
  "sshPort",
  "user",
  "identityFile",
  "hostKey",
  "proxyJump",
  "transport",
  "sudo",
  "tapBridge",
] as const satisfies readonly (keyof CommonOptions)[];

/** Collects the values of an option that may be repeated. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** Adds the options of all commands that reach hosts. */
export function addCommonOptions(command: Command): void {
  command
    .optionsGroup("Hosts:")
    .option("--hosts <file>", "inventory in JSON or YAML: an object of hosts by name, like taas:hosts")
    .option("--project <dir>", "instead: inventory and settings from a stack of the project in this folder")
    .option("--stack <name>", "stack whose configuration is used", collect)
    .option(
      "--host <name>",
      "a name in the inventory, an ssh_config alias, a DNS name or an address; repeat for more (default: all of the inventory)",
      collect,
    )
    .optionsGroup("How all hosts are reached, whatever the inventory says:")
    .option(
      "--ssh-config <file>",
      "ssh_config file instead of your own (or environment variable TAAS_SSH_CONFIG)",
    )
    .option("--ssh-port <number>", "port of the SSH server")
    .option("--user <name>", "login user")
    .option("--identity-file <path>", "private key")
    .option("--host-key <key>", "pinned host key, or its fingerprint")
    .option("--proxy-jump <host>", "jump host")
    .option("--transport <way>", "ssh2 (default), openssh (the machine's own client) or local")
    .option("--sudo <when>", "auto (default): if the login user may not use Open vSwitch; always or never")
    .option("--tap-bridge <name>", "bridge for copies (default: br-tap)")
    .optionsGroup("Output:")
    .option("--json", "print one JSON object, with problems in its errors");
}

/** The values of the options of a command that has been parsed. */
export function optionsOf(command: Command): CommonOptions {
  const options = command.opts<Partial<CommonOptions>>();
  return { ...options, host: options.host ?? [], stack: options.stack ?? [] };
}

/** What the options say about every host. Throws a UsageError. */
export function readConnection(options: CommonOptions): ConnectionOptions {
  const given = CONNECTION.flatMap((option) => {
    const value = options[option];
    if (value === undefined) return [];
    return [[FIELDS[option] ?? option, option === "sshPort" ? Number(value) : value] as const];
  });
  const parsed = connectionOptions.safeParse(Object.fromEntries(given), { error: wording });
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) => `${optionOf(String(path[0]))} ${message}`);
  throw new UsageError(reasons.join("; "));
}

/** The option that sets a field of a host: `identityFile` is `--identity-file`. */
function optionOf(field: string): string {
  return flagOf(CONNECTION.find((name) => (FIELDS[name] ?? name) === field) ?? field);
}

/** An option as written on the command line: `sshPort` is `--ssh-port`. */
export function flagOf(option: string): string {
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
