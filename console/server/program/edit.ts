import { isDeepStrictEqual } from "node:util";
import { isCollection, isMap, isNode, isPair, type Pair, type YAMLMap } from "yaml";
import { invalid, Refusal } from "../refusal";
import { hasAnchor, keyOf, type Program, readProgram, usesOf } from "./program";
import { type NewResource, resourceText } from "./resourceText";

/** Where a program's lines are. */
interface Place {
  newline: string;
  /** Columns before the keys under `resources`. */
  indent: string;
}

/**
 * The text of a program with more resources, after all others. All other bytes stay. Errors: a Refusal of the field `name` where a
 * name is taken.
 */
export function addResources(program: Program, ...added: NewResource[]): string {
  const taken = new Set(program.resources?.items.map(keyOf));
  for (const { key } of added) {
    if (taken.has(key))
      throw invalid(`the program already has a resource ${key}`, "name", "Choose another name");
    taken.add(key);
  }
  const values = added.map(({ key, type, properties }) => [key, { type, properties }] as const);
  const place = placeOf(program);
  const lines = resourceText(added).split("\n");
  const block = lines.map((line) => place.indent + line + place.newline).join("");
  const text = insert(program, place, block);
  return checked(program, text, (resources) => ({ ...resources, ...Object.fromEntries(values) }));
}

/**
 * The text of a program without a resource. Comments around it stay; those inside it are deleted with it. Throws a
 * Refusal `in-use` if other parts of the program use it.
 */
export function deleteResource(program: Program, key: string): string {
  const pair = program.resources?.items.find((candidate) => keyOf(candidate) === key);
  if (pair === undefined) throw invalid(`the program has no resource ${key}`);
  const uses = usesOf(program, key);
  if (uses.length > 0 || hasAnchor(program, pair))
    throw new Refusal(409, {
      code: "in-use",
      message: `other parts of the program use ${key}: ${uses.length > 0 ? uses.join(", ") : "an alias of YAML"}`,
      hint: "Delete what uses it first",
    });
  const [start, end] = linesOf(program, pair);
  const isOnly = program.resources!.items.length === 1;
  const without = program.text.slice(0, start) + program.text.slice(end);
  const text = isOnly ? withEmptyResources(program, without) : without;
  return checked(program, text, (resources) => {
    const { [key]: _, ...others } = resources;
    return others;
  });
}

function placeOf({ text, resources }: Program): Place {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const [first] = resources?.items ?? [];
  if (first === undefined) return { newline, indent: "  " };
  const start = startOf(first);
  return { newline, indent: text.slice(text.lastIndexOf("\n", start - 1) + 1, start) };
}

function startOf(pair: Pair): number {
  return isNode(pair.key) ? pair.key.range![0] : 0;
}

/** The end of an entry's last content: collections include what is between them and the next entry. */
function endOf(node: unknown): number {
  if (isPair(node)) return Math.max(endOf(node.key), endOf(node.value));
  if (isCollection(node) && !node.flow && node.items.length > 0) return endOf(node.items.at(-1));
  return isNode(node) ? node.range![1] : 0;
}

/** First and last offset of a resource's lines, including comments in it. */
function linesOf({ text }: Program, pair: Pair): [number, number] {
  const start = text.lastIndexOf("\n", startOf(pair) - 1) + 1;
  const column = startOf(pair) - start;
  const end = endOf(pair);
  let at = text[end - 1] === "\n" ? end : lineEnd(text, end);
  for (;;) {
    const next = lineEnd(text, at);
    const line = text.slice(at, next);
    const comment = /^( *)#/.exec(line);
    if (at >= text.length || comment === null || comment[1]!.length <= column) return [start, at];
    at = next;
  }
}

/** The position after the line break of the line at an offset. */
function lineEnd(text: string, offset: number): number {
  const found = text.indexOf("\n", offset);
  return found < 0 ? text.length : found + 1;
}

function insert(program: Program, { newline }: Place, block: string): string {
  const { text, resources } = program;
  const last = resources?.items.at(-1);
  if (last !== undefined) {
    const [, end] = linesOf(program, last);
    const isOpen = end > 0 && text[end - 1] !== "\n";
    return `${text.slice(0, end)}${isOpen ? newline : ""}${block}${text.slice(end)}`;
  }
  const pair = resourcesPair(program);
  if (pair === undefined) {
    const isOpen = text !== "" && !text.endsWith("\n");
    return `${text}${isOpen ? newline : ""}resources:${newline}${block}`;
  }
  const key = (pair.key as { range: [number, number, number] }).range[1];
  const end = lineEnd(text, key);
  const head = text.slice(0, key);
  const rest = text
    .slice(key, end)
    .replace(/^\s*:\s*(\{\s*\}|null|~)?/, ":")
    .trimEnd();
  return `${head}${rest}${newline}${block}${text.slice(end)}`;
}

/** `resources:` with nothing below it is null; programs without resources get an empty mapping. */
function withEmptyResources(program: Program, text: string): string {
  const key = (resourcesPair(program)!.key as { range: [number, number, number] }).range[1];
  return `${text.slice(0, key)}${text.slice(key).replace(/^(\s*):/, "$1: {}")}`;
}

function resourcesPair({ document }: Program): Pair | undefined {
  return (document.contents as unknown as YAMLMap).items.find((pair) => keyOf(pair) === "resources");
}

/** The content of a text; undefined if it is no longer a program. */
function contentOf(text: string): unknown {
  try {
    return readProgram(text).document.toJS();
  } catch {
    return undefined;
  }
}

/** Parses the new text: it is used only if it has the old content plus the change. */
function checked(
  program: Program,
  text: string,
  change: (resources: Record<string, unknown>) => Record<string, unknown>,
): string {
  const before = program.document.toJS() as { resources?: Record<string, unknown> };
  const wanted = { ...before, resources: change(before.resources ?? {}) };
  if (isDeepStrictEqual(contentOf(text), wanted) && isMap(program.document.contents)) return text;
  throw new Refusal(409, {
    code: "program-unreadable",
    message:
      "the program is written in a way that the console cannot edit without changing more than it should",
    hint: "Write this change into the file yourself",
  });
}
