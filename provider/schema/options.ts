import * as z from "zod";

/** Options by name, each told once: its type, limits and default. */
export type Options = Readonly<Record<string, z.ZodType>>;

/** The values that options have once they are read. */
export type Values<Chosen extends Options> = z.output<z.ZodObject<Chosen>>;

/** What an option is where nothing is given; undefined where that is nothing, or where it has to be given. */
export function defaultOf(option: z.ZodType): unknown {
  return option.safeParse(undefined).data;
}

/** Those of some values that are values of these options. */
export function pick<Chosen extends Options>(options: Chosen, values: Values<Chosen>): Values<Chosen> {
  const given = values as Record<string, unknown>;
  return Object.fromEntries(Object.keys(options).map((name) => [name, given[name]])) as Values<Chosen>;
}

/** What a schema is about, without a wrapper that says what stands for a value that is not given. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault
    ? unwrapped(schema.unwrap() as z.ZodType)
    : schema;
}
