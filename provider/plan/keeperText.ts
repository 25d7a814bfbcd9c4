import type { Desired, Monitor, Rule, Source } from "../model/desired";
import type { BridgeFacts, Facts } from "../ovs/facts";
import { openflowVersion } from "../ovs/openflowVersion";
import type { PortInput } from "../schema/port";
import { type RuleParts, ruleParts, type Spelling } from "./flowText";
import { distinctRules, markRule, writtenActions } from "./numberRules";

/** Which change of which tap bridge a text is for. */
export interface KeeperMoment {
  bridge: BridgeFacts;
  generation: number;
}

/** What there is to say of a port: how it is found, where, and the value that is compared. */
type Selector = readonly [kind: string, bridges: readonly string[], count: string, value: string];

function selectorOf({ wanted, bridges }: { wanted: PortInput; bridges: readonly string[] }): Selector {
  if (typeof wanted === "string") return ["name", bridges, "-", wanted];
  if ("ifaceId" in wanted) return ["iface-id", bridges, "-", wanted.ifaceId];
  if ("mac" in wanted)
    return [
      "mac",
      bridges,
      wanted.foundIfaceId === undefined ? "-" : JSON.stringify(wanted.foundIfaceId),
      wanted.mac,
    ];
  return ["vm", bridges, String(wanted.vnic ?? "-"), wanted.vmUuid];
}

/** The ports of a text, numbered as they are first met; one number may have several selectors, of which the first that finds a port counts. */
class Symbols {
  private readonly numbers = new Map<string, number>();
  readonly lines: string[] = [];

  constructor(
    private readonly monitors: readonly Monitor[],
    private readonly tapBridge: string,
  ) {}

  private number(key: string, selectors: () => readonly Selector[]): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const fresh = this.numbers.size + 1;
    this.numbers.set(key, fresh);
    for (const [kind, bridges, count, value] of selectors()) {
      const places = [bridges[0], bridges[1]].map((name) => JSON.stringify(name ?? ""));
      this.lines.push(["port", fresh, kind, ...places, count, JSON.stringify(value)].join("\t"));
    }
    return fresh;
  }

  /** The number of an interface that rules know by its name: a monitor's, by what its services say of it, else one that keeps its name. */
  named(name: string): number {
    return this.number(`named ${name}`, () => {
      const said = this.monitors
        .filter((monitor) => monitor.name === name)
        .flatMap((monitor) => this.ways(monitor));
      const unique = new Map(said.map((selector) => [JSON.stringify(selector), selector]));
      return unique.size > 0 ? [...unique.values()] : [["interface", [], "-", name]];
    });
  }

  /** How a monitor is found: one that was moved to the tap bridge stays it, as `findMonitor` says. */
  private ways(monitor: Monitor): Selector[] {
    const moved = monitor.attachment === "tap-bridge" && typeof monitor.wanted !== "string";
    return [...(moved ? [["name", [this.tapBridge], "-", monitor.name] as const] : []), selectorOf(monitor)];
  }

  /** The number of a tapped port. */
  source(source: Source): number {
    const selector = selectorOf(source);
    return this.number(JSON.stringify(selector), () => [selector]);
  }
}

function ruleLine(word: readonly string[], { match, actions }: RuleParts): string {
  return [...word, match, ...actions].join("\t");
}

/** A rule whose ports are symbols. */
function symbolic(rule: Rule, spell: Spelling<string>): RuleParts {
  return ruleParts({ ...rule, actions: writtenActions(rule) }, spell);
}

function foreignRuleLine(
  rule: Desired["foreignRules"][number],
  facts: Facts,
  spell: Spelling<string>,
): string[] {
  const bridge = facts.bridges.find(({ name }) => name === rule.bridge);
  if (bridge === undefined) return [];
  const version = openflowVersion({ protocols: bridge.protocols ?? [], bridge: bridge.name });
  return [ruleLine(["foreign", bridge.name, version], symbolic(rule, spell))];
}

/**
 * What a keeper needs to put a host back after its Open vSwitch or a VM's port came anew, a line a piece, words apart by
 * tabs, strings as JSON. Ports stand in it as symbols, `@1@` or, in hexadecimal, `@x1@`, because their rows, numbers and
 * names may be others by then. It is for one change of the claims alone, and whole only with its last line.
 */
export function keeperText(desired: Desired, facts: Facts, { bridge, generation }: KeeperMoment): string {
  const symbols = new Symbols(desired.monitors, bridge.name);
  const spell: Spelling<string> = (port, base) => `@${base === 16 ? "x" : ""}${symbols.named(port)}@`;
  const stays = desired.monitors.filter(({ attachment }) => attachment === "tap-bridge");
  const monitors = [...new Set(stays.map(({ name }) => name))].map(
    (name) => `monitor\t${symbols.named(name)}`,
  );
  const mirrors = desired.mirrors.flatMap((mirror) => [
    ["mirror", mirror.name, mirror.bridge].join("\t"),
    ...mirror.sources.flatMap((source) =>
      source.columns.map((column) => ["member", column, source.vlan, symbols.source(source)].join("\t")),
    ),
  ]);
  const meters = desired.meters.map(({ inPort, unit, rate, burst }) =>
    ["meter", symbols.named(inPort), unit, rate, burst].join("\t"),
  );
  const rules = [markRule(generation), ...distinctRules(desired.rules)].map((rule) =>
    ruleLine(["rule"], symbolic(rule, spell)),
  );
  const foreignRules = desired.foreignRules.flatMap((rule) => foreignRuleLine(rule, facts, spell));
  const lines = [...monitors, ...mirrors, ...meters, ...rules, ...foreignRules];
  const head = ["keeper\t1", ["bridge", bridge.uuid, generation, bridge.name].join("\t")];
  return `${[...head, ...symbols.lines, ...lines, "end"].join("\n")}\n`;
}
