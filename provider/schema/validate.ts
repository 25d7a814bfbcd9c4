import * as z from "zod";
import { type Options, unwrapped } from "./options";
import { reasonsOf, show, wording } from "./reasons";
import { hasUnknown } from "./unknown";

/** One reason why inputs are refused, in the form that Pulumi's check expects. */
export interface Failure {
  property: string;
  reason: string;
  /** Whether the reason quotes the value or part of it. Default: no. */
  isQuoting?: true;
}

/** The schema of a list's elements; undefined if the schema is not a list. */
function elementOf(part: z.ZodType): z.ZodType | undefined {
  const wanted = unwrapped(part);
  const choices = wanted instanceof z.ZodUnion ? wanted.options : [wanted];
  const list = choices.find((choice) => choice instanceof z.ZodArray);
  return list?.element as z.ZodType | undefined;
}

/** A value in its canonical form; if it is refused, undefined, and the failures are added. */
function read(
  part: z.ZodType,
  value: unknown,
  property: string,
  within: readonly PropertyKey[],
  failures: Failure[],
): unknown {
  const result = part.safeParse(value, { error: wording });
  if (result.success) return result.data;
  const reasons = reasonsOf(result.error, value, property, within);
  failures.push(...reasons.map((reason) => ({ property, reason, isQuoting: true as const })));
  return undefined;
}

/**
 * Validates inputs property by property, so that one unknown does not prevent checking the rest, and fills in defaults.
 * A property, or an element of a list, that contains an unknown passes through unchanged. `computed`: what `check` adds
 * to the arguments. The engine passes it back if changes are ignored; it is then skipped and computed again.
 */
export function validate(
  schema: Options,
  inputs: Record<string, unknown>,
  computed: Options = {},
): { values: Record<string, unknown>; failures: Failure[] } {
  const values: Record<string, unknown> = {};
  const failures: Failure[] = [];
  for (const [property, value] of Object.entries(inputs)) {
    if (value === undefined || property.startsWith("__")) continue;
    if (Object.hasOwn(computed, property)) continue;
    const part = Object.hasOwn(schema, property) ? schema[property] : undefined;
    if (part === undefined) {
      const known = Object.keys(schema)
        .filter((name) => name !== "owner")
        .join(", ");
      failures.push({ property, reason: `unknown argument ${show(property)}; the arguments are ${known}` });
    } else if (hasUnknown(value)) {
      const element = elementOf(part);
      values[property] =
        element === undefined || !Array.isArray(value)
          ? value
          : value.map((item, index) =>
              hasUnknown(item) ? item : read(element, item, property, [index], failures),
            );
    } else {
      const given = read(part, value, property, [], failures);
      if (given !== undefined) values[property] = given;
    }
  }
  for (const [property, part] of Object.entries(schema)) {
    if (inputs[property] !== undefined) continue;
    const absent = part.safeParse(undefined);
    if (!absent.success) failures.push({ property, reason: "this argument is required" });
    else if (absent.data !== undefined) values[property] = absent.data;
  }
  return { values, failures };
}
