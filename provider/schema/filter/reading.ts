import * as z from "zod";

/** The canonical form of a field's text, or why it is invalid. */
export type Reading<T> = { value: T } | { reason: string };

/** A schema for whatever `read` accepts; its output is the canonical form. `types`: the JSON types of that form. */
export function field<T>(read: (input: unknown) => Reading<T>, ...types: ("string" | "integer")[]) {
  const given = z.unknown().meta({ anyOf: types.map((type) => ({ type })) });
  return given.transform((input, context): T => {
    const reading = read(input);
    if ("value" in reading) return reading.value;
    context.addIssue({ code: "custom", message: reading.reason });
    return z.NEVER;
  });
}

/** Whether a value is a whole number within inclusive bounds. */
export function isWithin(input: unknown, first: number, last: number): input is number {
  return typeof input === "number" && Number.isInteger(input) && input >= first && input <= last;
}
