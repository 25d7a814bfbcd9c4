/**
 * A value without the fields that are null, at every depth: Python's `None` and YAML's empty value. A null among the
 * items of a list stays, because there something is missing.
 */
export function withoutNulls<Value>(value: Value): Value {
  return strip(value) as Value;
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== "object" || value === null) return value;
  const given = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(given.map(([name, inner]) => [name, strip(inner)]));
}
