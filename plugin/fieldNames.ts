import type { Properties } from "../provider/resource/resource";

/**
 * Properties that may be a text, a list or an object. Python programs write the fields of objects in snake_case, and Pulumi's SDK
 * for Python turns them into the schema's names only where a property has one type.
 */
export const SEVERAL_TYPES: ReadonlySet<string> = new Set(["filter", "host", "hosts", "port", "ports"]);

/** A field whose value is a map: its keys are no fields. */
const MAP = "externalIds";

/** Arguments with the fields of their objects by the schema's names. */
export function withFieldNames(args: Properties): Properties {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, SEVERAL_TYPES.has(name) ? named(value) : value]),
  );
}

/** A map, such as an inventory, whose keys stay as they are, with the fields of its values by the schema's names. */
export function namedEach(map: unknown): unknown {
  if (!isObject(map)) return map;
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, named(value)]));
}

/** A value with all its fields by the schema's names: `tunnelIp` for `tunnel_ip`. */
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
