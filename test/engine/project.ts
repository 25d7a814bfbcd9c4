import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";

import type { YamlSource } from "./yaml/program";

/** A Pulumi project: a directory with a Pulumi.yaml. */
export interface Project {
  readonly name: string;
  /** The directory of Pulumi.yaml. */
  readonly root: string;
  /** Where the program runs: the root, or what `main` names. */
  readonly programDir: string;
  /** The file to run, or "." for the program directory's own choice. */
  readonly entryPoint: string;
  readonly runtimeOptions: Readonly<Record<string, unknown>>;
  /** What runs the program: `nodejs`, `yaml`, `python` and so on. */
  readonly runtime: string;
  /** Folders of plugins by package, as `packages` or `plugins` name them. */
  readonly plugins: Readonly<Record<string, string>>;
  /** The program, where it is YAML. */
  readonly source: YamlSource;
  /** Configuration that holds where a stack has none of its own: `config` in Pulumi.yaml. */
  readonly config: StackConfig;
}

/** Stack configuration as in `Pulumi.<stack>.yaml`: keys as `taas:hosts`; a key without a namespace is the project's. */
export type StackConfig = Readonly<Record<string, unknown>>;

interface ProjectFile extends YamlSource {
  name: string;
  packages?: Record<string, string>;
  plugins?: { providers?: { name: string; path: string }[] };
  runtime: string | { name: string; options?: Record<string, unknown> };
  main?: string;
}

/** Reads YAML, with the reader that the SDK itself depends on. */
export function parseYaml(text: string): unknown {
  return createRequire(require.resolve("@pulumi/pulumi"))("js-yaml").load(text);
}

function readProjectFile(root: string): ProjectFile {
  const path = join(root, "Pulumi.yaml");
  if (!existsSync(path)) throw new Error(`${root} is no Pulumi project: it has no Pulumi.yaml`);
  return parseYaml(readFileSync(path, "utf8")) as ProjectFile;
}

/** Reads a project. */
export function readProject(projectDir: string): Project {
  const root = resolve(projectDir);
  const file = readProjectFile(root);
  const runtime = typeof file.runtime === "string" ? { name: file.runtime } : file.runtime;
  const main = resolve(root, file.main ?? ".");
  if (!existsSync(main)) throw new Error(`${root}: main in Pulumi.yaml names ${main}, which does not exist`);
  const isDirectory = statSync(main).isDirectory();
  return {
    name: file.name,
    root,
    runtime: runtime.name,
    plugins: readPlugins(root, file),
    source: file,
    programDir: isDirectory ? main : dirname(main),
    entryPoint: isDirectory ? "." : basename(main),
    runtimeOptions: runtime.options ?? {},
    config: readDefaults(file.config ?? {}),
  };
}

function readPlugins(root: string, { packages = {}, plugins }: ProjectFile): Record<string, string> {
  const named = (plugins?.providers ?? []).map(({ name, path }) => [name, path] as const);
  const all = [...Object.entries(packages), ...named];
  return Object.fromEntries(all.map(([name, path]) => [name, resolve(root, path)]));
}

/** An entry is a value or declares one, by `value` or `default`; one that only says what it is has none. */
function readDefaults(config: Record<string, unknown>): StackConfig {
  const isDeclaration = (entry: unknown): entry is { value?: unknown; default?: unknown } =>
    typeof entry === "object" && entry !== null && ["type", "value", "default"].some((key) => key in entry);
  const values = Object.entries(config).map(
    ([key, entry]) => [key, isDeclaration(entry) ? (entry.value ?? entry.default) : entry] as const,
  );
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** Configuration as programs and providers get it: every key with a namespace, every value a string. */
export function flattenConfig(project: Project, config: StackConfig): Record<string, string> {
  const entries = [...Object.entries(project.config), ...Object.entries(config)];
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key.includes(":") ? key : `${project.name}:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}
