import type { Facts } from "../ovs/facts";
import type { Action, Desired, Rule } from "./desired";

/** The interfaces an action names. */
function portsOfAction(action: Action): string[] {
  if (typeof action === "string" || "set" in action || "goto" in action) return [];
  if ("meter" in action) return [action.meter];
  return "bundle" in action ? action.members : [action.output];
}

/** The interfaces a rule names. */
export function portsOfRule(rule: Rule): string[] {
  const matched = rule.inPort === undefined ? [] : [rule.inPort];
  return [...matched, ...rule.actions.flatMap(portsOfAction)];
}

/** A port that stands in OVSDB and that Open vSwitch could not make, so that rules do without it. */
export interface FailedPort {
  name: string;
  /** Open vSwitch's own words, where it has any. */
  error: string | undefined;
  /** Claims whose rules name it. */
  owners: string[];
}

/** The ports that rules name and that have no number: no device of that name, say, as after a reboot. */
export function failedPorts(desired: Pick<Desired, "rules" | "foreignRules">, facts: Facts): FailedPort[] {
  const rules = [...desired.rules, ...desired.foreignRules];
  return Object.values(facts.interfaces)
    .filter(({ ofport }) => ofport === undefined || ofport <= 0)
    .map(({ name, error }) => {
      const naming = rules.filter((rule) => portsOfRule(rule).includes(name));
      return { name, error, owners: [...new Set(naming.flatMap(({ owners }) => owners))].sort() };
    })
    .filter(({ owners }) => owners.length > 0);
}

/** How a port that could not be made is told. */
export function failedPortText({ name, error }: FailedPort): string {
  return `port ${name} has no OpenFlow port number${error === undefined ? "" : `: ${error}`}`;
}
