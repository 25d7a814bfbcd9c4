import type { Desired } from "../model/desired";
import { portsOfRule } from "../model/failedPorts";
import type { Facts, InterfaceFacts } from "../ovs/facts";
import { comingNumbers } from "./placements";

type NumberedInterface = InterfaceFacts & { ofport: number };

/** The interfaces of a bridge that have a port number. */
function numberedOn(bridge: string, { bridges, ports, interfaces }: Facts): NumberedInterface[] {
  const members = bridges.find(({ name }) => name === bridge)?.ports ?? [];
  return members
    .flatMap((port) => ports[port]?.interfaces ?? [])
    .flatMap((nic) => interfaces[nic] ?? [])
    .filter((nic): nic is NumberedInterface => nic.ofport !== undefined && nic.ofport > 0);
}

/**
 * The OpenFlow port numbers of a bridge, by interface name. A number is valid on one bridge only, so a rule of another
 * bridge must not use it.
 */
export function portNumbers(facts: Facts, bridge: string): Map<string, number> {
  return new Map(numberedOn(bridge, facts).map(({ name, ofport }) => [name, ofport]));
}

/**
 * The numbers that rules of a bridge are written with: those of its ports, and of ports that are about to be moved to
 * it.
 */
export function ruleNumbers(
  { coming }: Pick<Desired, "coming">,
  facts: Facts,
  bridge: string,
  tapBridge: string,
): Map<string, number> {
  return new Map([...portNumbers(facts, bridge), ...comingNumbers(coming, facts, bridge, tapBridge)]);
}

/** The port numbers that the rules rely on, on the tap bridge and on other bridges, by Interface UUID. */
export function reliedPorts(desired: Desired, facts: Facts, tapBridge: string): Record<string, number> {
  const rules = [...desired.rules.map((rule) => ({ ...rule, bridge: tapBridge })), ...desired.foreignRules];
  const bridges = [...new Set(rules.map(({ bridge }) => bridge))];
  const relied = bridges.flatMap((bridge) => {
    const named = new Set(rules.filter((rule) => rule.bridge === bridge).flatMap(portsOfRule));
    return numberedOn(bridge, facts).filter(({ name }) => named.has(name));
  });
  return Object.fromEntries(relied.map(({ uuid, ofport }) => [uuid, ofport]));
}
