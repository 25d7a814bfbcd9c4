import type { FilterAction, FilterRule } from "../../schema/filter";
import { defaultActionOf } from "./defaultAction";

/**
 * What makes two filters the same: a text that is part of a capture group's identity, so it never changes for a filter.
 * Takes canonical rules, as the schema leaves them.
 */
export function filterKey(rules: readonly FilterRule[], defaultAction: FilterAction | undefined): string {
  const texts = rules.map((rule) =>
    Object.entries(rule)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return JSON.stringify([defaultActionOf(rules, defaultAction), ...texts]);
}
