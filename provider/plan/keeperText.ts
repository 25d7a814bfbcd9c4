import type { Desired, Monitor, Rule, SelectedSource, Source } from "../model/desired";
import type { BridgeFacts, Facts } from "../ovs/facts";
import { openflowVersion } from "../ovs/openflowVersion";
import type { PortInput } from "../schema/port";
import { type RuleParts, ruleParts, type Spelling } from "./flowText";
import { distinctRules, markRule, writtenActions } from "./numberRules";
import { portWords, selectorWords } from "./selectorWords";

/** Which change of which tap bridge a text is for. */
export interface KeeperMoment {
  bridge: BridgeFacts;
  generation: number;
}

/** What there is to say of a port: how it is found, where, and the value that is compared. */
type Way = readonly [kind: string, bridges: readonly string[], count: string, value: string];

function wayOf({ wanted, bridges }: { wanted: PortInput; bridges: readonly string[] }): Way {
  const { kind, count, value } = portWords(wanted);
  return [kind, bridges, count, value];
}

/** The ports of a text, numbered as they are first met; one number may have several ways, of which the first that finds a port counts. */
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

  /** The number of an interface that rules know by its name: a monitor's, by what its services say of it, else one that keeps its name. */
  named(name: string): number {
    return this.number(`named ${name}`, () => {
      const said = this.monitors
        .filter((monitor) => monitor.name === name)
        .flatMap((monitor) => this.waysTo(monitor));
      const unique = new Map(said.map((way) => [JSON.stringify(way), way]));
      return unique.size > 0 ? [...unique.values()] : [["interface", [], "-", name]];
    });
  }

  /** How a monitor is found: one that was moved to the tap bridge stays it, as `findMonitor` says. */
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

/** A line that selects ports of a Mirror. */
function selectLine({ selector, bridges, vlan, columns }: SelectedSource): string {
  const places = bridges.map((name) => JSON.stringify(name));
  return ["select", columns.join(" "), vlan, ...places, ...selectorWords(selector)].join("\t");
}

function ruleLine(word: readonly string[], { match, actions }: RuleParts): string {
  return [...word, match, ...actions].join("\t");
}

/** A rule whose ports are symbols. */
function symbolic(rule: Rule, spell: Spelling<string>): RuleParts {
  return ruleParts({ ...rule, actions: writtenActions(rule) }, spell);
}

/** Seconds since 1970, which is what `date +%s` says. */
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
