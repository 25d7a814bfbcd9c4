import * as z from "zod";
import { unwrapped } from "./options";

/**
 * Claims are parsed, carried over and compared by these functions. Later releases can therefore add optional fields
 * without a new format.
 */

/** The fields of an object's schema; undefined for anything else. */
function shapeOf(schema: z.ZodType, value: object): Record<string, z.ZodType> | undefined {
  const meant = meantBy(schema, value);
  return meant instanceof z.ZodObject ? (meant.shape as Record<string, z.ZodType>) : undefined;
}

/** The schema inside wrappers; for a union, the branch that fits a value. Undefined if none does. */
function meantBy(schema: z.ZodType, value: unknown): z.ZodType | undefined {
  const meant = unwrapped(schema);
  if (!(meant instanceof z.ZodUnion)) return meant;
  const fitting = (meant.options as z.ZodType[]).find((option) => option.safeParse(value).success);
  return fitting === undefined ? undefined : meantBy(fitting, value);
}

/** A copy of a schema that preserves unknown fields in objects at every level. */
export function stored<Schema extends z.ZodType>(schema: Schema): Schema {
  return z.core.clone(schema, { ...schema._zod.def, ...loosened(schema) }) as Schema;
}

/** The changes to a schema's definition that make it preserve unknown fields. */
function loosened(schema: z.ZodType): object {
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries(schema.shape as Record<string, z.ZodType>);
    const shape = Object.fromEntries(fields.map(([name, field]) => [name, stored(field)]));
    return { shape, catchall: z.unknown() };
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return { innerType: stored(schema.unwrap() as z.ZodType) };
  if (schema instanceof z.ZodArray) return { element: stored(schema.element as z.ZodType) };
  if (schema instanceof z.ZodUnion) return { options: (schema.options as z.ZodType[]).map(stored) };
  return {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value without the fields that its schema does not know. */
export function knownPart(schema: z.ZodType, value: unknown): unknown {
  const meant = Array.isArray(value) ? meantBy(schema, value) : undefined;
  if (Array.isArray(value) && meant instanceof z.ZodArray)
    return value.map((item) => knownPart(meant.element as z.ZodType, item));
  const shape = isObject(value) ? shapeOf(schema, value) : undefined;
  if (!isObject(value) || shape === undefined) return value;
  const known = Object.entries(value).filter(([name]) => Object.hasOwn(shape, name));
  return Object.fromEntries(known.map(([name, field]) => [name, knownPart(shape[name]!, field)]));
}

/**
 * A new value, with those fields of the old value that only a later release knows. Unknown fields of list items are not
 * carried over to another list.
 */
export function withUnknownPart(schema: z.ZodType, value: unknown, before: unknown): unknown {
  const shape = isObject(before) ? shapeOf(schema, before) : undefined;
  if (!isObject(value) || !isObject(before) || shape === undefined) return value;
  const unknown = Object.entries(before).filter(([name]) => !Object.hasOwn(shape, name));
  const known = Object.entries(value).map(
    ([name, field]) =>
      [
        name,
        Object.hasOwn(shape, name) ? withUnknownPart(shape[name]!, field, before[name]) : field,
      ] as const,
  );
  return { ...Object.fromEntries(unknown), ...Object.fromEntries(known) };
}
