import * as z from "zod";

/** Options by name. Each is defined in one place: its type, limits and default. */
export type Options = Readonly<Record<string, z.ZodType>>;

/** The values of options after parsing. */
export type Values<Chosen extends Options> = z.output<z.ZodObject<Chosen>>;

/** The default of an option; undefined if it has none or is required. */
export function defaultOf(option: z.ZodType): unknown {
  return option.safeParse(undefined).data;
}

/** The values that belong to the given options. */
export function pick<Chosen extends Options>(options: Chosen, values: Values<Chosen>): Values<Chosen> {
  const given = values as Record<string, unknown>;
  return Object.fromEntries(Object.keys(options).map((name) => [name, given[name]])) as Values<Chosen>;
}

/** A schema without its wrapper for a default or an optional value. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault
    ? unwrapped(schema.unwrap() as z.ZodType)
    : schema;
}
