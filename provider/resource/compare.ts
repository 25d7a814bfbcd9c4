import { CONNECTION_FIELDS, type HostRecord } from "../schema/host";
import { defaultOf, type Options } from "../schema/options";
import { hasUnknown } from "../schema/unknown";

/** A host without its connection fields, a change of which is never a diff. */
export function withoutConnection(host: HostRecord): Partial<HostRecord> {
  const rest: Partial<HostRecord> = { ...host };
  for (const field of CONNECTION_FIELDS) delete rest[field];
  return rest;
}

/** The fields of a host that affect the data path. */
function hostKey(host: HostRecord): object {
  const { name: _, keeper, ...wish } = withoutConnection(host);
  return { ...wish, keeper: keeper ?? false };
}

/** Whether two values are equal as JSON: the order of keys and undefined properties do not matter. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [these, others] = [a, b] as Record<string, unknown>[];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) =>
    isEqual(these![key], others![key]),
  );
}

/** A value with each host in it reduced by `reduce`, also inside references. */
export function withHosts(value: unknown, reduce: (host: HostRecord) => object): unknown {
  if (Array.isArray(value)) return value.map((item) => withHosts(item, reduce));
  if (typeof value !== "object" || value === null) return value;
  if ("address" in value && "name" in value) return reduce(value as HostRecord);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withHosts(inner, reduce)]));
}

/** A property in a form that can be compared. */
export function comparable(value: unknown): unknown {
  return withHosts(value, hostKey);
}

/**
 * Names of the options that differ between the recorded outputs and the new inputs. An option that an earlier release
 * did not know is not recorded, and counts as its default.
 */
export function changedOptions(
  options: Options,
  olds: Record<string, unknown>,
  news: Record<string, unknown>,
): string[] {
  return Object.entries(options).flatMap(([name, option]) => {
    const wish = (value: unknown) => comparable(value ?? defaultOf(option) ?? null);
    return hasUnknown(news[name]) || !isEqual(wish(olds[name]), wish(news[name])) ? [name] : [];
  });
}
