import { type Document, isAlias, isMap, isScalar, type Pair, parseDocument, visit, type YAMLMap } from "yaml";
import { ownerFromUrn } from "../../../provider/face/owner";
import { stackOf } from "../../../provider/model/identity";
import { withoutNulls } from "../../../provider/schema/nulls";
import { unreadable } from "../refusal";
import { mapTexts, readLiteral } from "./literal";

/** A parsed Pulumi program in YAML. It is never written back except as the lines of its own text. */
export interface Program {
  text: string;
  document: Document.Parsed;
  /** The project's `name`. */
  project: string;
  /** The content of `resources`; absent if the file has no such key. */
  resources: YAMLMap | undefined;
}

/** A resource of this project in a program. */
export interface ProgramResource {
  /** The key under `resources`, by which expressions refer to it. */
  key: string;
  kind: "TapService" | "TapFlow" | "MirrorTunnel" | "MonitorPort";
  /** Owner key of its claims, without the types of its parents: the program does not say all of those. */
  owner: string;
  /** Whether it has a parent. */
  hasParent: boolean;
  /** Its arguments; texts with expressions are as written. */
  properties: Record<string, unknown>;
  /** Names of the arguments that are texts with expressions. */
  computed: readonly string[];
}

/** The stack as which a program is deployed. */
export interface StackIdentity {
  organization: string;
  stack: string;
}

/**
 * Parses a program. Throws a Refusal `program-unreadable` for text that is not YAML, or not a program that can be
 * edited.
 */
export function readProgram(text: string): Program {
  const document = parseDocument(text, { keepSourceTokens: true, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) throw unreadable(`the program is not valid YAML: ${error.message.split("\n")[0]}`);
  const { contents } = document;
  if (!isMap(contents)) throw unreadable("the program is not a YAML mapping");
  const runtime = contents.get("runtime");
  const name: unknown = isMap(runtime) ? runtime.get("name") : runtime;
  if (name !== "yaml")
    throw unreadable(
      `the program's runtime is ${JSON.stringify(name ?? "missing")}, and only yaml can be edited`,
    );
  const resources = contents.get("resources", true);
  const isEmpty = resources === undefined || (isScalar(resources) && resources.value === null);
  if (!isEmpty && !isMap(resources)) throw unreadable("`resources` of the program is not a mapping");
  if (isMap(resources) && resources.flow && resources.items.length > 0)
    throw unreadable("`resources` of the program is written in braces; write one resource per line");
  return {
    ...{ text, document, project: String(contents.get("name") ?? "") },
    resources: isMap(resources) ? resources : undefined,
  };
}

const TYPE = /^taas:(?:index:)?(TapService|TapFlow|MirrorTunnel|MonitorPort)$/;

/** The resources of this project that a program declares. The console ignores others. */
export function programResources(program: Program, identity: StackIdentity): ProgramResource[] {
  return (program.resources?.items ?? []).flatMap((pair): ProgramResource[] => {
    const key = keyOf(pair);
    const { value } = pair;
    if (!isMap(value)) return [];
    const kind = TYPE.exec(String(value.get("type") ?? ""))?.[1] as ProgramResource["kind"] | undefined;
    if (kind === undefined) return [];
    const properties = value.get("properties", true);
    const written: object = isMap(properties) ? properties.toJS(program.document) : {};
    const name = String(value.get("name") ?? key);
    const owner = ownerOf(program, identity, kind, name);
    const options = value.get("options");
    const hasParent = isMap(options) && options.has("parent");
    return [{ key, kind, owner, hasParent, ...argumentsOf(written) }];
  });
}

/** What the arguments of a resource, as they are written, stand for. Like Pulumi, it takes a null for an absent value. */
function argumentsOf(written: object): Pick<ProgramResource, "properties" | "computed"> {
  const texts = mapTexts(written, (text) => readLiteral(text) ?? text);
  const properties = withoutNulls(texts) as Record<string, unknown>;
  const computed = Object.entries(written).flatMap(([name, value]) =>
    typeof value === "string" && readLiteral(value) === undefined ? [name] : [],
  );
  return { properties, computed };
}

/** The owner key of a resource of a program. */
function ownerOf(
  { project }: Pick<Program, "project">,
  { organization, stack }: StackIdentity,
  kind: string,
  name: string,
): string {
  return ownerFromUrn(`urn:pulumi:${stack}::${project}::taas:index:${kind}::${name}`, organization);
}

/** The stack part of the owner keys of a program's resources: `org/project/stack`. */
export function ownStack(program: Pick<Program, "project">, identity: StackIdentity): string {
  return stackOf(ownerOf(program, identity, "TapFlow", ""));
}

/** The key of an entry, as text. */
export function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

/** Where expressions in a program use a resource, except in the resource itself: paths such as `outputs.rules`. */
export function usesOf(program: Program, key: string): string[] {
  // Of dollars in a row, each two are one: only an odd one begins an expression.
  const named = new RegExp(`(?<!\\$)(?:\\$\\$)*\\$\\{${key.replaceAll(/[^\w]/g, "\\$&")}[.[}]`);
  const found: string[] = [];
  visit(program.document, {
    Scalar(_, node, path) {
      if (typeof node.value !== "string" || !named.test(node.value)) return;
      const place = path.flatMap((step) =>
        "key" in step && isScalar(step.key) ? [String(step.key.value)] : [],
      );
      if (place[0] === "resources" && place[1] === key) return;
      found.push(place.join("."));
    },
  });
  return found;
}

/** Whether a resource contains an anchor that aliases elsewhere refer to. */
export function hasAnchor(program: Program, pair: Pair): boolean {
  const anchors = new Set<string>();
  visit(pair.value as never, {
    Node(_, node) {
      if ("anchor" in node && typeof node.anchor === "string") anchors.add(node.anchor);
    },
  });
  let isUsed = false;
  visit(program.document, {
    Alias(_, node) {
      if (isAlias(node) && anchors.has(node.source)) isUsed = true;
    },
  });
  return isUsed;
}
