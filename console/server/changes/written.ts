import type { FoundPort } from "../../../provider/model/findPort";
import type { PortRef } from "../../api";
import type { Viewer } from "../roles/viewer";

/** Text as Pulumi's YAML takes it for itself: no expression is read out of it. */
export function literal(text: string): string {
  // In a replacement that is text, `$$` stands for one `$`.
  return text.replaceAll("${", () => "$${");
}

/** A value with all of its texts as literals. */
export function literals(value: object): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === "string" ? literal(inner) : inner,
  );
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
