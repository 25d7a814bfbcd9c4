import type { Properties } from "./resource";
import type { PartialFailure } from "./status";

/**
 * For an update that failed: the engine keeps secret only what is secret in the new arguments. A property that was
 * secret before and no longer is gets its new value, or is omitted. The status reveals no secret, and stays.
 */
export function withoutFormerSecrets(
  error: unknown,
  news: Properties,
  { before, now }: { before: ReadonlySet<string>; now: ReadonlySet<string> },
): unknown {
  const { properties } = error as Partial<PartialFailure>;
  if (properties === undefined) return error;
  const former = [...before].filter((name) => !now.has(name) && name !== "status");
  const kept = Object.entries(properties).filter(([name]) => !former.includes(name));
  const renewed = former.filter((name) => name in news).map((name) => [name, news[name]]);
  return Object.assign(error as object, { properties: Object.fromEntries([...kept, ...renewed]) });
}
