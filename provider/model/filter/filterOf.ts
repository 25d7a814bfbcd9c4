import { readExpression } from "../../schema/expression/expression";
import type { FilterAction, FilterRule, FlowFilter } from "../../schema/filter";

/** What a flow copies: the first rule that matches a copy decides. */
export interface Filter {
  rules: readonly FilterRule[];
  /** What happens to copies that no rule matches. */
  defaultAction: FilterAction;
}

/**
 * The filter of a flow, in whichever form it was given. Copies that no rule matches are rejected if there are rules,
 * else accepted, unless the flow says otherwise; an expression decides about every copy.
 */
export function filterOf(given: {
  filter?: FlowFilter | undefined;
  defaultAction?: FilterAction | undefined;
}): Filter {
  const { filter: rules = [], defaultAction = rules.length > 0 ? "reject" : "accept" } = given;
  return typeof rules === "string" ? compiled(rules) : { rules, defaultAction };
}

function compiled(expression: string): Filter {
  const reading = readExpression(expression);
  // The schema accepts no other.
  if ("reason" in reading) throw new RangeError(`filter: ${reading.reason}`);
  return reading.value;
}

/** Whether a filter depends on the direction, so that copies of each direction need their own flows. */
export function needsDirection({ rules }: Filter): boolean {
  return rules.some((rule) => rule.direction !== undefined);
}
