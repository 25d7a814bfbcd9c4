import type { Properties } from "./resource";
import type { PartialFailure } from "./status";

/**
 * An update that failed half-way, for an engine that keeps secret in what is recorded of it what is secret in the new arguments alone:
 * a property that was secret before and is none any more has its new value, or none. The status tells no secret, and stays.
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
