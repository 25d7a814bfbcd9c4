import type { Filter } from "./filterOf";

/**
 * What makes two filters the same: a text that is part of a capture group's identity, so it never changes for a filter.
 * Takes canonical rules, as the schema leaves them.
 */
export function filterKey({ rules, defaultAction }: Filter): string {
  const texts = rules.map((rule) =>
    Object.entries(rule)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return JSON.stringify([defaultAction, ...texts]);
}
