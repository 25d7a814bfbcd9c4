import * as z from "zod";

/** What a field's text means in its one canonical form, or why it means nothing. */
export type Reading<T> = { value: T } | { reason: string };

/** A schema of whatever `read` can read; its output is the canonical form. `types`: what that is in JSON. */
export function field<T>(read: (input: unknown) => Reading<T>, ...types: ("string" | "integer")[]) {
  const given = z.unknown().meta({ anyOf: types.map((type) => ({ type })) });
  return given.transform((input, context): T => {
    const reading = read(input);
    if ("value" in reading) return reading.value;
    context.addIssue({ code: "custom", message: reading.reason });
    return z.NEVER;
  });
}

/** Whether a value is a whole number within bounds, both included. */
export function isWithin(input: unknown, first: number, last: number): input is number {
  return typeof input === "number" && Number.isInteger(input) && input >= first && input <= last;
}
