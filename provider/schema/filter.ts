import * as z from "zod";
import { readExpression } from "./expression/expression";
import { contradictions } from "./filter/contradictions";
import { fields } from "./filter/fields";

export { type FilterAction, type FilterRule, filterAction } from "./filter/fields";

/** One rule of a filter. Its output is the canonical form, which parses to itself. */
export const filterRule = z
  .strictObject(fields, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `has no field ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}; the fields are ${Object.keys(fields).join(", ")}`
        : 'must be a rule, an object such as { action: "accept", protocol: "tcp" }',
  })
  .superRefine((rule, context) => {
    for (const { field: name, reason } of contradictions(rule)) {
      context.addIssue({ code: "custom", path: [name], message: reason });
    }
  })
  .meta({ id: "FilterRule" });

/** The most rules of a filter; each takes an OpenFlow priority. */
export const MAX_FILTER_RULES = 65_000;

/** A filter: the first rule that matches a frame decides. */
export const filterRules = z
  .array(filterRule, "must be a list of rules")
  .max(MAX_FILTER_RULES, `must have at most ${MAX_FILTER_RULES} rules`);

/** An expression (pcap-filter(7)). It is kept as written, and the rules are derived from it. */
const expression = z.string().superRefine((text, context) => {
  const reading = readExpression(text);
  if ("reason" in reading) context.addIssue({ code: "custom", message: reading.reason });
});

/** What a flow copies: rules, or an expression. */
export const flowFilter = z.union(
  [filterRules, expression],
  'must be a list of rules, or an expression such as "tcp port 443"',
);
export type FlowFilter = z.output<typeof flowFilter>;
