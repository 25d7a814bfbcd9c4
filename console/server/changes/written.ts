import type { FoundPort } from "../../../provider/model/findPort";
import type { PortRef } from "../../api/ports";
import { invalid } from "../refusal";
import type { Viewer } from "../roles/viewer";

/** Text as Pulumi's YAML takes it for itself: no expression is read out of it. */
export function literal(text: string): string {
  // In a replacement that is text, `$$` stands for one `$`.
  return text.replaceAll("${", () => "$${");
}

/** A key that Pulumi's YAML takes for a function or an expression. It cannot be written as a literal. */
const EXPRESSION = /^fn::|\$\{/i;

/** A value with all of its texts as literals. Throws a Refusal where a key would not be one. */
export function literals(value: object, field?: string): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner: unknown) => {
    if (EXPRESSION.test(key)) throw invalid(`the key ${key} is an expression in Pulumi's YAML`, field);
    return typeof inner === "string" ? literal(inner) : inner;
  });
}

/** A port as the program names it. */
export function portOf(ref: PortRef, { port }: FoundPort): unknown {
  return "port" in ref ? literal(port.name) : literals(ref);
}

/** Whose a resource is, and what is said of it. */
export function labels(description: string | undefined, { tenant }: Viewer): Record<string, string> {
  return {
    ...(tenant === undefined ? {} : { tenant: literal(tenant) }),
    ...(description === undefined || description === "" ? {} : { description: literal(description) }),
  };
}
