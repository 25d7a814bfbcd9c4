import type { Filter } from "./filterOf";

/**
 * The identity of a filter as a text. It is part of a capture group's identity, so it must never change for a given
 * filter. Takes canonical rules, as the schema outputs them.
 */
export function filterKey({ rules, defaultAction }: Filter): string {
  const texts = rules.map((rule) =>
    Object.entries(rule)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return JSON.stringify([defaultAction, ...texts]);
}
