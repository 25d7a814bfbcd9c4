import type * as z from "zod";
import { harmless } from "../printable";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A value for a message: short, on one line. */
export function show(value: unknown): string {
  const text = harmless(JSON.stringify(value) ?? String(value));
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

const KINDS: Record<string, string> = { array: "a list", object: "an object", int: "a whole number" };

/** A reason in the operator's terms for an issue to which the schema gives no message of its own. For `safeParse`. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? "is required"
        : `must be ${KINDS[issue.expected] ?? `a ${issue.expected}`}`;
    case "invalid_value":
      return `must be ${issue.values.map(show).join(" or ")}`;
    case "unrecognized_keys":
      return `has no field ${issue.keys.map(show).join(", ")}`;
    case "too_small":
      return issue.origin === "string" ? "may not be empty" : `must be at least ${issue.minimum}`;
    case "too_big":
      return `must ${issue.origin === "string" ? "have at most" : "be at most"} ${issue.maximum}${issue.origin === "string" ? " characters" : ""}`;
    default:
      return undefined;
  }
}

/**
 * Every reason why a value was refused: `<place>: <what it must be> (got <what it is>)`. The place is in the program's
 * own notation, `filter[3].source`, and is omitted for the value as a whole.
 */
export function reasonsOf(error: z.ZodError, value: unknown, name: string, within: Path = []): string[] {
  return placedReasons(error, name, within).map(({ path, text }) => `${text} (got ${show(at(value, path))})`);
}

/** The same reasons without the value, `<place>: <what it must be>`, each with its path. */
export function placedReasons(
  error: z.ZodError,
  name: string,
  within: Path = [],
): { path: Path; text: string }[] {
  return error.issues.flatMap(decided).map(({ path, message }) => {
    const place = [...within, ...path].map((key) =>
      typeof key === "number" ? `[${key}]` : `.${String(key)}`,
    );
    const where = place.length === 0 ? "" : `${name}${place.join("")}: `;
    return { path, text: `${where}${message}` };
  });
}

/** For a union, the issues of the one branch that was meant; if that is unclear, the message of the union itself. */
function decided(issue: Issue): { path: Path; message: string }[] {
  if (issue.code !== "invalid_union") return [issue];
  const kind = ({ code, path }: Issue) => code === "invalid_type" && path.length === 0;
  const branches = issue.errors.filter((branch) => !branch.some(kind)).sort((a, b) => a.length - b.length);
  const [meant, other] = branches;
  if (meant === undefined || meant.length === other?.length) return [issue];
  return meant.flatMap(decided).map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}
