import type { Facts } from "../ovs/facts";
import type { Action, Desired, Rule } from "./desired";

/** The interfaces an action names. */
function portsOfAction(action: Action): string[] {
  if (typeof action === "string" || "set" in action || "goto" in action) return [];
  if ("draw" in action || "controller" in action) return [];
  if ("meter" in action) return [action.meter];
  return "bundle" in action ? action.members : [action.output];
}

/** The interfaces a rule names. */
export function portsOfRule(rule: Rule): string[] {
  const matched = rule.inPort === undefined ? [] : [rule.inPort];
  return [...matched, ...rule.actions.flatMap(portsOfAction)];
}

/** A port that exists in OVSDB but that Open vSwitch could not create, so that rules leave it out. */
export interface FailedPort {
  name: string;
  /** Open vSwitch's own message, if it has one. */
  error: string | undefined;
  /** Claims whose rules use it. */
  owners: string[];
}

/**
 * Our devices, and the ports that rules use, that have no port number: a device of that name does not exist, say, as
 * after a reboot.
 */
export function failedPorts(
  desired: Pick<Desired, "rules" | "foreignRules" | "ports">,
  facts: Facts,
): FailedPort[] {
  const failed = Object.values(facts.interfaces).filter(({ ofport }) => ofport === undefined || ofport <= 0);
  const naming = new Map(failed.map(({ name }) => [name, new Set<string>()]));
  for (const rule of [...desired.rules, ...desired.foreignRules])
    for (const name of portsOfRule(rule)) for (const owner of rule.owners) naming.get(name)?.add(owner);
  for (const { name, device, owners } of desired.ports)
    if (device !== undefined) for (const owner of owners) naming.get(name)?.add(owner);
  return failed
    .map(({ name, error }) => ({ name, error, owners: [...naming.get(name)!].sort() }))
    .filter(({ owners }) => owners.length > 0);
}

/** The difference of a port that could not be created, in words. */
export function failedPortText({ name, error }: FailedPort): string {
  return `port ${name} has no OpenFlow port number${error === undefined ? "" : `: ${error}`}`;
}
