import { invalid } from "../refusal";

/** What Pulumi's YAML finds in a text, from left to right: `$$`, which is one `$`, and the beginning of an expression. */
const SIGNS = /\$\$|\$\{/g;

/** Text as Pulumi's YAML takes it for itself. Every `$` is doubled: if only that of `${` were, a `$` before it would undo that. */
export function literal(text: string): string {
  // In a replacement that is text, `$$` stands for one `$`.
  return text.replaceAll("$", () => "$$");
}

/** The text that a literal of a program stands for; undefined where what is written has an expression. */
export function readLiteral(written: string): string | undefined {
  const isExpression = [...written.matchAll(SIGNS)].some(([sign]) => sign === "${");
  return isExpression ? undefined : written.replaceAll("$$", () => "$");
}

/** A key that Pulumi's YAML takes for a function, or that it may evaluate. It cannot be written as a literal. */
const EXPRESSION = /^fn::|\$[${]/i;

/** The first key in a value that cannot be written as a literal; undefined where each can. */
export function expressionKey(value: object): string | undefined {
  const found: string[] = [];
  JSON.stringify(value, (key, inner: unknown) => {
    if (EXPRESSION.test(key)) found.push(key);
    return inner;
  });
  return found[0];
}

/** A value with all of its texts as literals. Throws a Refusal where a key would not be one. */
export function literals(value: object, field?: string): unknown {
  const key = expressionKey(value);
  if (key !== undefined) throw invalid(`the key ${key} is an expression in Pulumi's YAML`, field);
  return mapTexts(value, literal);
}

/** A value of JSON with each of its texts replaced. */
export function mapTexts(value: object, map: (text: string) => string): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === "string" ? map(inner) : inner,
  );
}
