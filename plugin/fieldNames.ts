import type { Properties } from "../provider/resource/resource";

/**
 * Properties that may be a text, a list or an object. Python programs write the fields of objects in snake_case, and
 * Pulumi's SDK for Python converts them to the schema's names only if a property has one type. `filter` has any type.
 */
export const SEVERAL_TYPES: ReadonlySet<string> = new Set(["filter", "host", "hosts", "port", "ports"]);

/** A field whose value is a map: its keys are not field names. */
const MAP = "externalIds";

/** Arguments with the fields of their objects under their schema names. */
export function withFieldNames(args: Properties): Properties {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, SEVERAL_TYPES.has(name) ? named(value) : value]),
  );
}

/** A map, such as an inventory: its keys stay as they are, and the fields of its values get their schema names. */
export function namedEach(map: unknown): unknown {
  if (!isObject(map)) return map;
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, named(value)]));
}

/** A value with all its fields under their schema names: `tunnelIp` for `tunnel_ip`. */
export function named(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(named);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => {
    const field = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return [field, field === MAP ? inner : named(inner)] as const;
  });
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
