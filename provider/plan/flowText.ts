import { type Action, type Choice, DRAW_BASIS, type Draw, type Rule } from "../model/desired";
import type { Register } from "../model/match";
import { matchText, valueText } from "../model/matchText";
import { numberRule } from "./numberRules";

/** How a port is written, with its number in base 10 or 16. */
export type Spelling<Port> = (port: Port, base: 10 | 16) => string;

/** Fields, basis and algorithm of a choice among ports (ovs-actions(7), bundle). */
const CHOICES: Record<Choice, string> = {
  hash: "symmetric_l3l4+udp,0,hrw",
  failover: "eth_src,0,active_backup",
};

/** Fields of a hash (ovs-actions(7), multipath). */
const DRAWS: Record<Draw, string> = { conversation: "symmetric_l3l4+udp", addresses: "symmetric_l3" };

/** The name of a register in an action. */
function registerText(register: Register): string {
  return `${register.replace("reg", "NXM_NX_REG")}[]`;
}

function actionText<Port>(action: Action<Port>, spell: Spelling<Port>): string {
  if (typeof action === "string") return action;
  if ("goto" in action) return `goto_table:${action.goto}`;
  if ("set" in action)
    return `set_field:${valueText({ field: action.set, value: action.value })}->${action.set}`;
  if ("meter" in action) return `meter:${spell(action.meter, 10)}`;
  if ("controller" in action) {
    const userdata = action.userdata.replace(/..(?=.)/g, "$&.");
    return `controller(max_len=65535,id=${action.controller},userdata=${userdata})`;
  }
  if ("bundle" in action) {
    const listed = `members:${action.members.map((member) => spell(member, 10)).join(",")}`;
    return action.into === undefined
      ? `bundle(${CHOICES[action.bundle]},ofport,${listed})`
      : `bundle_load(${CHOICES[action.bundle]},ofport,${registerText(action.into)},${listed})`;
  }
  if ("draw" in action)
    return `multipath(${DRAWS[action.draw]},${DRAW_BASIS},modulo_n,${action.among},0,${registerText(action.into)})`;
  const port = spell(action.output, 10);
  if (action.maxLength === undefined) return `output:${port}`;
  // A length limit that finds no output, for instance because the route to the other end is unknown for a moment, stays
  // in force in Open vSwitch and truncates the production frame instead. In a clone it ends with the clone.
  return `clone(output(port=${port},max_len=${action.maxLength}))`;
}

/** A rule in text: its match, with cookie, table and priority, and its actions one by one. No actions: drop. */
export interface RuleParts {
  match: string;
  actions: string[];
}

/** The parts of a rule, with its actions as they are written. */
export function ruleParts<Port>(rule: Rule<Port>, spell: Spelling<Port>): RuleParts {
  const { cookie, table, priority, hardTimeout, inPort, holds, match, actions } = rule;
  const fields = [
    `cookie=0x${cookie.toString(16)}`,
    `table=${table}`,
    `priority=${priority}`,
    ...(hardTimeout === undefined ? [] : [`hard_timeout=${hardTimeout}`]),
    ...(inPort === undefined ? [] : [`in_port=${spell(inPort, 10)}`]),
    ...(holds === undefined ? [] : [`${holds.register}=0x${spell(holds.port, 16)}`]),
    ...matchText(match),
  ];
  return { match: fields.join(","), actions: actions.map((action) => actionText(action, spell)) };
}

/** A rule with numbered ports in ovs-ofctl's notation. */
export function numberedText(rule: Rule<number>): string {
  const { match, actions } = ruleParts(rule, (port, base) => port.toString(base));
  return `${match},actions=${actions.length === 0 ? "drop" : actions.join(",")}`;
}

/**
 * A rule in ovs-ofctl's notation; undefined while the port it matches does not exist. Without a port to output to, it
 * is a drop.
 */
export function ruleText(rule: Rule, numbers: ReadonlyMap<string, number>): string | undefined {
  const numbered = numberRule(rule, numbers);
  return numbered === undefined ? undefined : numberedText(numbered);
}

/** Rules in the notation of `ovs-ofctl replace-flows`, one per line. */
export function flowText(rules: readonly Rule<number>[]): string {
  return `${rules.map(numberedText).join("\n")}\n`;
}
