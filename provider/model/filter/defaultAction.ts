import type { FilterAction, FilterRule } from "../../schema/filter";

/** What becomes of copies that no rule matches: what was asked for, else rejected if there are rules, else accepted. */
export function defaultActionOf(rules: readonly FilterRule[], given: FilterAction | undefined): FilterAction {
  return given ?? (rules.length > 0 ? "reject" : "accept");
}

/** Whether a filter tells directions apart, so that copies of each need flows of their own. */
export function needsDirection(rules: readonly FilterRule[]): boolean {
  return rules.some((rule) => rule.direction !== undefined);
}
