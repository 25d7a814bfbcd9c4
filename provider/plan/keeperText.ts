import type { Desired, Monitor, Rule, SelectedSource, Source } from "../model/desired";
import type { BridgeFacts, Facts } from "../ovs/facts";
import { openflowVersion } from "../ovs/openflowVersion";
import type { PortInput } from "../schema/port";
import { type RuleParts, ruleParts, type Spelling } from "./flowText";
import { distinctRules, markRule, writtenActions } from "./numberRules";
import { portWords, selectorWords } from "./selectorWords";

/** The change of a tap bridge that a text belongs to. */
export interface KeeperMoment {
  bridge: BridgeFacts;
  generation: number;
}

/** How a port is found: by which property, on which bridges, and the value to compare. */
type Way = readonly [kind: string, bridges: readonly string[], count: string, value: string];

function wayOf({ wanted, bridges }: { wanted: PortInput; bridges: readonly string[] }): Way {
  const { kind, count, value } = portWords(wanted);
  return [kind, bridges, count, value];
}

/**
 * The ports of a text, numbered in order of first use. A number may have several ways to find its port; the first that
 * finds one counts.
 */
class Symbols {
  private readonly numbers = new Map<string, number>();
  readonly lines: string[] = [];

  constructor(
    private readonly monitors: readonly Monitor[],
    private readonly tapBridge: string,
  ) {}

  private number(key: string, ways: () => readonly Way[]): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const fresh = this.numbers.size + 1;
    this.numbers.set(key, fresh);
    for (const [kind, bridges, count, value] of ways()) {
      const places = [bridges[0], bridges[1]].map((name) => JSON.stringify(name ?? ""));
      this.lines.push(["port", fresh, kind, ...places, count, JSON.stringify(value)].join("\t"));
    }
    return fresh;
  }

  /**
   * The number of an interface that rules refer to by name: for a monitor, found as its services name it, else by its
   * name.
   */
  named(name: string): number {
    return this.number(`named ${name}`, () => {
      const said = this.monitors
        .filter((monitor) => monitor.name === name)
        .flatMap((monitor) => this.waysTo(monitor));
      const unique = new Map(said.map((way) => [JSON.stringify(way), way]));
      return unique.size > 0 ? [...unique.values()] : [["interface", [], "-", name]];
    });
  }

  /** How to find a monitor: a port that was moved to the tap bridge is still the monitor, as in `findMonitor`. */
  private waysTo(monitor: Monitor): Way[] {
    const moved = monitor.attachment === "tap-bridge" && typeof monitor.wanted !== "string";
    return [...(moved ? [["name", [this.tapBridge], "-", monitor.name] as const] : []), wayOf(monitor)];
  }

  /** The number of a tapped port. */
  source(source: Source): number {
    const way = wayOf(source);
    return this.number(JSON.stringify(way), () => [way]);
  }
}

/** A line that selects a Mirror's ports. */
function selectLine({ selector, bridges, vlan, columns }: SelectedSource): string {
  const places = bridges.map((name) => JSON.stringify(name));
  return ["select", columns.join(" "), vlan, ...places, ...selectorWords(selector)].join("\t");
}

function ruleLine(word: readonly string[], { match, actions }: RuleParts): string {
  return [...word, match, ...actions].join("\t");
}

/** A rule with symbols instead of ports. */
function symbolic(rule: Rule, spell: Spelling<string>): RuleParts {
  return ruleParts({ ...rule, actions: writtenActions(rule) }, spell);
}

/** Seconds since 1970, as `date +%s` prints them. */
function endOf(until: number): string {
  return String(Math.floor(until / 1000));
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
 * What a keeper needs to restore a host after its Open vSwitch restarted or a VM's port was created again: one object
 * per line, words separated by tabs, strings as JSON. Ports are symbols, `@1@` or, in hexadecimal, `@x1@`, because
 * their rows, numbers and names may have changed. The text applies to one change of the claims only, and is complete
 * only with its last line.
 */
export function keeperText(desired: Desired, facts: Facts, { bridge, generation }: KeeperMoment): string {
  const symbols = new Symbols(desired.monitors, bridge.name);
  const spell: Spelling<string> = (port, base) => `@${base === 16 ? "x" : ""}${symbols.named(port)}@`;
  const stays = desired.monitors.filter(({ attachment }) => attachment === "tap-bridge");
  const monitors = [...new Set(stays.map(({ name }) => name))].map(
    (name) => `monitor\t${symbols.named(name)}`,
  );
  const isSelecting = desired.mirrors.some(({ sources }) => sources.some((source) => "selector" in source));
  const others = desired.monitors.filter((monitor) => isSelecting && !stays.includes(monitor));
  const spares = [...new Set(others.map(({ name }) => name))].map((name) => `spare\t${symbols.named(name)}`);
  const mirrors = desired.mirrors.flatMap((mirror) => [
    ["mirror", mirror.name, mirror.bridge].join("\t"),
    ...mirror.sources.flatMap((source) =>
      "selector" in source
        ? [selectLine(source)]
        : source.columns.map((column) => ["member", column, source.vlan, symbols.source(source)].join("\t")),
    ),
  ]);
  const meters = desired.meters.map(({ inPort, unit, rate, burst }) =>
    ["meter", symbols.named(inPort), unit, rate, burst].join("\t"),
  );
  const rules = [markRule(generation), ...distinctRules(desired.rules)].map((rule) =>
    ruleLine(rule.until === undefined ? ["rule"] : ["ending", endOf(rule.until)], symbolic(rule, spell)),
  );
  const foreignRules = desired.foreignRules.flatMap((rule) => foreignRuleLine(rule, facts, spell));
  const lines = [...monitors, ...spares, ...mirrors, ...meters, ...rules, ...foreignRules];
  const head = ["keeper\t1", ["bridge", bridge.uuid, generation, bridge.name].join("\t")];
  return `${[...head, ...symbols.lines, ...lines, "end"].join("\n")}\n`;
}
