import type { Action, Desired, Rule } from "../model/desired";
import { generationCookie } from "../model/identity";
import { portsOfRule } from "../model/unmade";
import type { Facts } from "../ovs/facts";

/** Port numbers by interface name, of the interfaces that vswitchd made. */
export function portNumbers(facts: Facts): Map<string, number> {
  const made = Object.values(facts.interfaces).filter((nic) => nic.ofport !== undefined && nic.ofport > 0);
  return new Map(made.map((nic) => [nic.name, nic.ofport!]));
}

function actionText(action: Action, numbers: ReadonlyMap<string, number>): string | undefined {
  if (typeof action === "string") return action;
  if ("meter" in action) {
    const number = numbers.get(action.meter);
    return number === undefined ? undefined : `meter:${number}`;
  }
  if ("bundle" in action) {
    const members = action.members
      .map((member) => numbers.get(member))
      .filter((number) => number !== undefined);
    if (members.length === 0) return undefined;
    const listed = `members:${members.join(",")}`;
    return action.into === undefined
      ? `bundle(${action.bundle},ofport,${listed})`
      : `bundle_load(${action.bundle},ofport,${action.into.replace("reg", "NXM_NX_REG")}[],${listed})`;
  }
  const number = numbers.get(action.output);
  if (number === undefined) return undefined;
  if (action.maxLength === undefined) return `output:${number}`;
  // A length limit that finds no output, because the way to the other end is not known for the moment, say, stays in force
  // in Open vSwitch and cuts production's frame instead. In a clone it ends with the clone.
  return `clone(output(port=${number},max_len=${action.maxLength}))`;
}

/**
 * Open vSwitch spares the clone around a rule's last action, and then reckons what to cut from a frame that still has the
 * tag which the rule removes: copies would lack four bytes more. With anything behind it, the clone is made.
 */
function isCut(action: Action | undefined): boolean {
  return typeof action === "object" && "output" in action && action.maxLength !== undefined;
}

/** A rule as ovs-ofctl reads it; undefined while the port it matches does not exist. A missing output makes it a drop. */
export function ruleText(rule: Rule, numbers: ReadonlyMap<string, number>): string | undefined {
  const inPort = rule.inPort === undefined ? undefined : numbers.get(rule.inPort);
  if (rule.inPort !== undefined && inPort === undefined) return undefined;
  const held = rule.holds === undefined ? undefined : numbers.get(rule.holds.port);
  if (rule.holds !== undefined && held === undefined) return undefined;
  const match = [
    ...(inPort === undefined ? [] : [`in_port=${inPort}`]),
    ...(held === undefined ? [] : [`${rule.holds!.register}=0x${held.toString(16)}`]),
    ...rule.match,
  ];
  const actions = rule.actions.map((action) => actionText(action, numbers));
  if (isCut(rule.actions.at(-1))) actions.push("exit");
  const written = actions.length === 0 || actions.includes(undefined) ? "drop" : actions.join(",");
  const fields = [
    `cookie=0x${rule.cookie.toString(16)}`,
    `table=${rule.table}`,
    `priority=${rule.priority}`,
    ...match,
  ];
  return `${fields.join(",")},actions=${written}`;
}

/** A tap bridge's rules but for the one that carries the generation; one rule for what several claims ask for. */
export function rulesText(desired: Desired, facts: Facts): string {
  const numbers = portNumbers(facts);
  const byMatch = new Map<string, string>();
  for (const rule of desired.rules) {
    const key = [rule.table, rule.priority, rule.inPort ?? "", rule.holds?.port ?? "", ...rule.match].join(
      " ",
    );
    const text = byMatch.has(key) ? undefined : ruleText(rule, numbers);
    if (text !== undefined) byMatch.set(key, text);
  }
  return `${[...byMatch.values()].join("\n")}\n`;
}

/** The whole of a tap bridge's rules, for `ovs-ofctl replace-flows`: `rulesText` and the drop rule that table 0 ends with. */
export function flowText(rules: string, generation: number): string {
  const cookie = generationCookie(generation).toString(16);
  return `cookie=0x${cookie},table=0,priority=0,actions=drop\n${rules}`;
}

/** The interfaces whose port numbers the rules rely on: by UUID, with the number. */
export function reliedPorts(
  desired: Desired,
  facts: Facts,
): { uuid: string; name: string; ofport: number }[] {
  const named = new Set(desired.rules.flatMap(portsOfRule));
  return Object.values(facts.interfaces)
    .filter((nic) => named.has(nic.name) && nic.ofport !== undefined && nic.ofport > 0)
    .map((nic) => ({ uuid: nic.uuid, name: nic.name, ofport: nic.ofport! }));
}
