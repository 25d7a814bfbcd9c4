import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { parse } from "yaml";
import { TaasError } from "./errors";
import type { Inventory } from "./host/inventory";
import { readSettings, type Settings } from "./settings";

/** A project's file, and the folder in which its programs run. */
interface Project {
  file: string;
  /** `.yaml`, `.yml` or `.json`. */
  extension: string;
  /** The folder of the stacks' files. */
  stacks: string;
  /** The folder that relative paths in the configuration start from. */
  program: string;
  config: Record<string, unknown>;
}

/**
 * Reads a stack's settings from the files of its project, `Pulumi.yaml` and `Pulumi.<stack>.yaml`, without Pulumi.
 * Relative paths start from the folder in which the program runs, as they do for Pulumi. Throws `invalid-config`, also
 * for a value that Pulumi has encrypted.
 */
export function readStackSettings(directory: string, stack: string | undefined): Settings {
  const project = readProject(directory);
  const name = stack?.split("/").at(-1);
  const values = { ...project.config, ...stackConfig(project, name) };
  const settings = readSettings((key) => textOf(key, values[key], name ?? ""), {
    source: `stack ${name} in ${directory}:`,
    prefix: "taas:",
    correct: (key) => `Correct it: pulumi config set taas:${key} ... --stack ${name}`,
  });
  return withPaths(settings, project.program);
}

function readProject(directory: string): Project {
  const extension = [".yaml", ".yml", ".json"].find((one) => existsSync(join(directory, `Pulumi${one}`)));
  if (extension === undefined) {
    throw new TaasError(`there is no Pulumi.yaml in ${resolve(directory)}`, {
      code: "invalid-config",
      hint: "--project names the folder of a Pulumi project",
    });
  }
  const file = join(directory, `Pulumi${extension}`);
  const { main, stackConfigDir, config } = readYaml(file);
  const isText = (value: unknown): value is string => typeof value === "string";
  const declared = isObject(config) ? Object.entries(config) : [];
  return {
    file,
    extension,
    stacks: join(directory, isText(stackConfigDir) ? stackConfigDir : "."),
    program: folderOf(resolve(directory, isText(main) ? main : ".")),
    // A value, or its declaration.
    config: Object.fromEntries(
      declared.map(([key, value]) => [key, isObject(value) && "value" in value ? value.value : value]),
    ),
  };
}

function folderOf(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false ? dirname(path) : path;
}

function stackConfig({ stacks, extension, file, config }: Project, name: string | undefined) {
  const path = join(stacks, `Pulumi.${name}${extension}`);
  if (name !== undefined && existsSync(path)) {
    const { config: values } = readYaml(path);
    return isObject(values) ? values : {};
  }
  if (name !== undefined && config["taas:hosts"] !== undefined) return {};
  const found = stackNames(stacks, extension);
  throw new TaasError(
    name === undefined
      ? `which stack of ${file}? There ${found}`
      : `stack ${name} has no configuration: there is no ${path}; there ${found}`,
    { code: "invalid-config", hint: "--stack names the stack" },
  );
}

function stackNames(directory: string, extension: string): string {
  const names = readdirSync(directory)
    .filter((name) => name.startsWith("Pulumi.") && extname(name) === extension)
    .map((name) => name.slice("Pulumi.".length, -extension.length))
    .filter((name) => name !== "");
  return names.length === 0 ? "is none with a configuration" : `are ${names.sort().join(", ")}`;
}

function readYaml(file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(readFileSync(file, "utf8"));
  } catch (cause) {
    // The parser's message quotes lines, which may contain secrets.
    const why = cause instanceof Error && "code" in cause ? ` (${cause.code})` : "";
    throw new TaasError(`${file} cannot be read${why}`, { code: "invalid-config", hint: "Is it YAML?" });
  }
  return isObject(value) ? value : {};
}

/** A value as Pulumi passes it to a program. */
function textOf(key: string, value: unknown, stack: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (isEncrypted(value)) {
    const name = key.replace(/^taas:/, "");
    throw new TaasError(`stack ${stack}: ${key} has a value that Pulumi has encrypted`, {
      code: "invalid-config",
      hint:
        name === "hosts"
          ? `Use --hosts with what this writes: pulumi config get ${key} --stack ${stack} > hosts.json`
          : `Only Pulumi can read it: pulumi config get ${key} --stack ${stack}`,
    });
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isEncrypted(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isEncrypted);
  if (!isObject(value)) return false;
  const keys = Object.keys(value);
  return (keys.length === 1 && keys[0] === "secure") || Object.values(value).some(isEncrypted);
}

function withPaths({ inventory, connection }: Settings, from: string): Settings {
  const path = (text: string) => (text.startsWith("~") ? text : resolve(from, text));
  const entries = Object.entries(inventory).map(([name, entry]): [string, Inventory[string]] => {
    if (typeof entry === "string" || entry.identityFile === undefined) return [name, entry];
    return [name, { ...entry, identityFile: path(entry.identityFile) }];
  });
  const { sshConfig } = connection;
  return {
    inventory: Object.fromEntries(entries),
    connection: { ...connection, ...(sshConfig !== undefined && { sshConfig: path(sshConfig) }) },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
