import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

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
}

/** Stack configuration as in `Pulumi.<stack>.yaml`: keys as `taas:hosts`; a key without a namespace is the project's. */
export type StackConfig = Readonly<Record<string, unknown>>;

interface ProjectFile {
  name: string;
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

/** Reads a project. Only the nodejs runtime is known. */
export function readProject(projectDir: string): Project {
  const root = resolve(projectDir);
  const file = readProjectFile(root);
  const runtime = typeof file.runtime === "string" ? { name: file.runtime } : file.runtime;
  if (runtime.name !== "nodejs")
    throw new Error(`${root}: the runtime is ${runtime.name}, this engine runs nodejs`);
  const main = resolve(root, file.main ?? ".");
  const isFile = /\.[cm]?[jt]s$/.test(main);
  return {
    name: file.name,
    root,
    programDir: isFile ? dirname(main) : main,
    entryPoint: isFile ? main.slice(dirname(main).length + 1) : ".",
    runtimeOptions: runtime.options ?? {},
  };
}

/** Configuration as programs and providers get it: every key with a namespace, every value a string. */
export function flattenConfig(config: StackConfig, project: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key.includes(":") ? key : `${project}:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}
