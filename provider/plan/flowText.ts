import { type Action, type Choice, type Desired, isCut, type Rule } from "../model/desired";
import { portsOfRule } from "../model/failedPorts";
import { generationCookie } from "../model/identity";
import { matchText, valueText } from "../model/matchText";
import type { Facts, InterfaceFacts } from "../ovs/facts";
import { comingNumbers } from "./placements";

/** The interfaces of a bridge that Open vSwitch gave a port number. */
function numberedOn(bridge: string, { bridges, ports, interfaces }: Facts): NumberedInterface[] {
  const members = bridges.find(({ name }) => name === bridge)?.ports ?? [];
  return members
    .flatMap((port) => ports[port]?.interfaces ?? [])
    .flatMap((nic) => interfaces[nic] ?? [])
    .filter((nic): nic is NumberedInterface => nic.ofport !== undefined && nic.ofport > 0);
}

type NumberedInterface = InterfaceFacts & { ofport: number };

/**
 * The OpenFlow port numbers of a bridge, by interface name. A number means a port of one bridge only: a rule of another
 * bridge must not name it.
 */
export function portNumbers(facts: Facts, bridge: string): Map<string, number> {
  return new Map(numberedOn(bridge, facts).map(({ name, ofport }) => [name, ofport]));
}

/** The numbers that rules of a bridge are written with: those of its ports, and of ports that are about to come to it. */
export function ruleNumbers(
  { coming }: Pick<Desired, "coming">,
  facts: Facts,
  bridge: string,
  tapBridge: string,
): Map<string, number> {
  return new Map([...portNumbers(facts, bridge), ...comingNumbers(coming, facts, bridge, tapBridge)]);
}

/** How the number of an interface's port is written, in base 10 or 16; undefined while it has none. */
export type Spelling = (port: string, base: 10 | 16) => string | undefined;

/** Ports by their numbers. */
function inNumbers(numbers: ReadonlyMap<string, number>): Spelling {
  return (port, base) => numbers.get(port)?.toString(base);
}

/** Fields, basis and algorithm of a choice among ports (ovs-actions(7), bundle). */
const CHOICES: Record<Choice, string> = {
  hash: "symmetric_l3l4+udp,0,hrw",
  failover: "eth_src,0,active_backup",
};

function actionText(action: Action, spell: Spelling): string | undefined {
  if (action === "pop_vlan") return action;
  if ("goto" in action) return `goto_table:${action.goto}`;
  if ("set" in action)
    return `set_field:${valueText({ field: action.set, value: action.value })}->${action.set}`;
  if ("meter" in action) {
    const number = spell(action.meter, 10);
    return number === undefined ? undefined : `meter:${number}`;
  }
  if ("bundle" in action) {
    const members = action.members
      .map((member) => spell(member, 10))
      .filter((number) => number !== undefined);
    if (members.length === 0) return undefined;
    const listed = `members:${members.join(",")}`;
    return action.into === undefined
      ? `bundle(${CHOICES[action.bundle]},ofport,${listed})`
      : `bundle_load(${CHOICES[action.bundle]},ofport,${action.into.replace("reg", "NXM_NX_REG")}[],${listed})`;
  }
  const number = spell(action.output, 10);
  if (number === undefined) return undefined;
  if (action.maxLength === undefined) return `output:${number}`;
  // A length limit that finds no output, because the way to the other end is not known for the moment, say, stays in force
  // in Open vSwitch and cuts production's frame instead. In a clone it ends with the clone.
  return `clone(output(port=${number},max_len=${action.maxLength}))`;
}

/** A rule in text: its match, with cookie, table and priority, and its actions one by one. */
export interface RuleParts {
  match: string;
  /** Undefined: its port does not exist. Empty: drop. */
  actions: (string | undefined)[];
}

/** The parts of a rule; undefined while the port it matches does not exist. */
export function ruleParts(rule: Rule, spell: Spelling): RuleParts | undefined {
  const inPort = rule.inPort === undefined ? undefined : spell(rule.inPort, 10);
  if (rule.inPort !== undefined && inPort === undefined) return undefined;
  const held = rule.holds === undefined ? undefined : spell(rule.holds.port, 16);
  if (rule.holds !== undefined && held === undefined) return undefined;
  const fields = [
    `cookie=0x${rule.cookie.toString(16)}`,
    `table=${rule.table}`,
    `priority=${rule.priority}`,
    ...(inPort === undefined ? [] : [`in_port=${inPort}`]),
    ...(held === undefined ? [] : [`${rule.holds!.register}=0x${held}`]),
    ...matchText(rule.match),
  ];
  const actions = rule.actions.map((action) => actionText(action, spell));
  // Open vSwitch spares the clone around a rule's last action, and then reckons what to cut from a frame that still has the
  // tag which the rule removes: copies would lack four bytes more. With anything behind it, the clone is made.
  const last = rule.actions.at(-1);
  if (last !== undefined && isCut(last)) actions.push("exit");
  return { match: fields.join(","), actions };
}

/** A rule as ovs-ofctl reads it; undefined while the port it matches does not exist. A missing output makes it a drop. */
export function ruleText(rule: Rule, numbers: ReadonlyMap<string, number>): string | undefined {
  return partsText(ruleParts(rule, inNumbers(numbers)));
}

function partsText(parts: RuleParts | undefined): string | undefined {
  if (parts === undefined) return undefined;
  const { match, actions } = parts;
  const written = actions.length === 0 || actions.includes(undefined) ? "drop" : actions.join(",");
  return `${match},actions=${written}`;
}

/** A tap bridge's rules but for the one that carries the generation; one rule for what several claims ask for. */
export function distinctRules(desired: Desired, spell: Spelling): RuleParts[] {
  const byMatch = new Map<string, RuleParts>();
  for (const rule of desired.rules) {
    const key = [
      rule.table,
      rule.priority,
      rule.inPort ?? "",
      rule.holds?.port ?? "",
      ...matchText(rule.match),
    ].join(" ");
    const parts = byMatch.has(key) ? undefined : ruleParts(rule, spell);
    if (parts !== undefined) byMatch.set(key, parts);
  }
  return [...byMatch.values()];
}

/** The text of `distinctRules`, a line a rule. */
export function rulesText(desired: Desired, facts: Facts, tapBridge: string): string {
  const rules = distinctRules(desired, inNumbers(ruleNumbers(desired, facts, tapBridge, tapBridge)));
  return `${rules.map(partsText).join("\n")}\n`;
}

/** The match of the drop rule that table 0 ends with, which carries the generation in its cookie. */
export function generationMatch(generation: number): string {
  return `cookie=0x${generationCookie(generation).toString(16)},table=0,priority=0`;
}

/** The whole of a tap bridge's rules, for `ovs-ofctl replace-flows`: `rulesText` and the drop rule that table 0 ends with. */
export function flowText(rules: string, generation: number): string {
  return `${generationMatch(generation)},actions=drop\n${rules}`;
}

/** The port numbers that the rules rely on, those of the tap bridge and those of other bridges: by the interface's UUID. */
export function reliedPorts(desired: Desired, facts: Facts, tapBridge: string): Record<string, number> {
  const rules = [...desired.rules.map((rule) => ({ ...rule, bridge: tapBridge })), ...desired.foreignRules];
  const bridges = [...new Set(rules.map(({ bridge }) => bridge))];
  const relied = bridges.flatMap((bridge) => {
    const named = new Set(rules.filter((rule) => rule.bridge === bridge).flatMap(portsOfRule));
    return numberedOn(bridge, facts).filter(({ name }) => named.has(name));
  });
  return Object.fromEntries(relied.map(({ uuid, ofport }) => [uuid, ofport]));
}
