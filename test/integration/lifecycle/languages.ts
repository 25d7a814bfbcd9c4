import { join } from "node:path";
import { repositoryRoot } from "../../engine/fixtureProject";
import { parseYaml } from "../../engine/project";

/** What a program has of a YAML program: resources, each after those that it refers to, and outputs. */
interface Program {
  readonly resources: Readonly<Record<string, Declared>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

interface Declared {
  readonly type: string;
  readonly properties?: unknown;
  readonly options?: unknown;
}

/** The files of a program in each language, from the text of a YAML program without its head. Its project is called `fixture`. */
export const LANGUAGES = {
  TypeScript: (text: string) => ({ "index.ts": typescript(parseYaml(text) as Program) }),
  YAML: (text: string) => ({ "Pulumi.yaml": yamlHead("fixture") + text }),
} as const;

/** A language stands for a face of the provider: TypeScript has dynamic resources, YAML the plugin. */
export type Language = keyof typeof LANGUAGES;

/** What a YAML program begins with: the name of its project, and where the plugin is. */
export function yamlHead(project: string): string {
  return `name: ${project}\nruntime: yaml\npackages: { taas: ${join(repositoryRoot(), "plugin")} }\n`;
}

/** A reference to a resource, with what of it. */
const REFERENCE = /\$\{(\w+)([^}]*)\}/g;

function typescript({ resources, outputs = {} }: Program): string {
  const declared = Object.entries(resources).map(([name, { type, properties = {}, options = {} }]) => {
    const args = [JSON.stringify(name), expression(properties), expression(options)];
    return `made.${name} = new ${type.replace(":", ".")}(${args.join(", ")});`;
  });
  const exported = Object.entries(outputs).map(
    ([name, value]) => `export const ${name} = ${expression(value)};`,
  );
  const imports = 'import * as pulumi from "@pulumi/pulumi";\nimport * as taas from "pulumi-taas";';
  return [imports, "const made: any = {};", ...declared, ...exported, ""].join("\n");
}

function expression(value: unknown): string {
  if (typeof value === "string") return textExpression(value);
  if (Array.isArray(value)) return `[${value.map(expression).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if ("fn::secret" in value) return `pulumi.secret(${expression(value["fn::secret"])})`;
  const members = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${expression(each)}`);
  return `{ ${members.join(", ")} }`;
}

function textExpression(text: string): string {
  const [reference] = text.matchAll(REFERENCE);
  if (reference === undefined) return JSON.stringify(text);
  const [whole, name, property] = reference;
  if (whole !== text) throw new Error(`${text} is not a reference alone`);
  return `made.${name}${property}`;
}
