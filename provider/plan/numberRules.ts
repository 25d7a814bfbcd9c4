import { type Action, type Desired, isCut, type Rule } from "../model/desired";
import { generationCookie } from "../model/identity";
import { memo } from "../model/memo";
import { placeOf } from "../model/place";
import type { Facts } from "../ovs/facts";
import { ruleNumbers } from "./portNumbers";

/** The drop rule at the end of table 0, whose cookie carries the generation. */
export function markRule(generation: number): Rule<never> {
  const rule = { table: 0, priority: 0, match: [], actions: [], owners: [] };
  return { ...rule, cookie: generationCookie(generation) };
}

/** One rule for each that several claims need. */
export const distinctRules = memo((rules: readonly Rule[]): Rule[] => {
  const places = new Map<string, Rule>();
  for (const rule of rules) {
    const place = placeOf(rule);
    if (!places.has(place)) places.set(place, rule);
  }
  return [...places.values()];
});

/**
 * A rule's actions as they are written. Open vSwitch omits the clone around a rule's last action, and then computes the
 * truncation from a frame that still has the tag which the rule removes: copies would lack four more bytes. With any
 * action after it, the clone is kept.
 */
export function writtenActions<Port>({ actions }: Pick<Rule<Port>, "actions">): Action<Port>[] {
  const last = actions.at(-1);
  return last !== undefined && isCut(last) ? [...actions, "exit"] : actions;
}

type Numbers = ReadonlyMap<string, number>;

/** An action with ports replaced by their numbers; undefined if a port does not exist. */
function numberAction(action: Action, numbers: Numbers): Action<number> | undefined {
  if (typeof action === "string" || "set" in action || "goto" in action) return action;
  if ("draw" in action || "controller" in action) return action;
  if ("bundle" in action) {
    const members = action.members.flatMap((member) => numbers.get(member) ?? []);
    return members.length === 0 ? undefined : { ...action, members };
  }
  if ("meter" in action) {
    const meter = numbers.get(action.meter);
    return meter === undefined ? undefined : { meter };
  }
  const output = numbers.get(action.output);
  return output === undefined ? undefined : { ...action, output };
}

function isOutput(action: Action): action is Extract<Action, { output: string }> {
  return typeof action === "object" && "output" in action;
}

/**
 * Actions with ports replaced by their numbers. Of several outputs, as to monitors that each get every copy, those to
 * missing ports are left out. The list is empty if no output has a port, or if another action lacks its port.
 */
function numberActions(actions: readonly Action[], numbers: Numbers): Action<number>[] {
  const possible = actions.filter((action) => !isOutput(action) || numbers.has(action.output));
  if (actions.some(isOutput) && !possible.some(isOutput)) return [];
  const numbered = possible.flatMap((action) => numberAction(action, numbers) ?? []);
  return numbered.length < possible.length ? [] : numbered;
}

/**
 * A rule as its bridge gets it; undefined while the port it matches does not exist. Without a port to output to, it is
 * a drop.
 */
export function numberRule(rule: Rule, numbers: Numbers): Rule<number> | undefined {
  const { inPort, holds, actions, ...same } = rule;
  const arrival = inPort === undefined ? undefined : numbers.get(inPort);
  if (inPort !== undefined && arrival === undefined) return undefined;
  const held = holds === undefined ? undefined : numbers.get(holds.port);
  if (holds !== undefined && held === undefined) return undefined;
  return {
    ...same,
    ...(arrival === undefined ? {} : { inPort: arrival }),
    ...(holds === undefined ? {} : { holds: { register: holds.register, port: held! } }),
    actions: numberActions(writtenActions({ actions }), numbers),
  };
}

/** All rules of a tap bridge as it gets them, first the one with the generation. */
export function tapRules(
  desired: Pick<Desired, "rules" | "coming">,
  facts: Facts,
  tapBridge: string,
  generation: number,
): Rule<number>[] {
  const numbers = ruleNumbers(desired, facts, tapBridge, tapBridge);
  const rules = distinctRules(desired.rules).flatMap((rule) => numberRule(rule, numbers) ?? []);
  return [markRule(generation), ...rules];
}
