import { isDeepStrictEqual } from "node:util";
import type { Action, Desired, DesiredMirror, Rule } from "./desired";
import { portsOfRule } from "./failedPorts";
import { placeOf } from "./place";

/** Ports of a sorted list that another sorted list does not have. */
function without(ports: readonly string[], others: readonly string[]): string[] {
  let at = 0;
  return ports.filter((port) => {
    while (at < others.length && others[at]! < port) at++;
    return others[at] !== port;
  });
}

/** Source ports of Mirrors, with their direction, that the Mirror of the same name no longer has. */
function gone(from: readonly DesiredMirror[], to: readonly DesiredMirror[]): string[] {
  return from.flatMap(({ name, selectSrcPort, selectDstPort }) => {
    const other = to.find((mirror) => mirror.name === name);
    return [
      ...without(selectSrcPort, other?.selectSrcPort ?? []).map((port) => `egress ${port}`),
      ...without(selectDstPort, other?.selectDstPort ?? []).map((port) => `ingress ${port}`),
    ];
  });
}

/** Whether a port that stays tapped moves from one Mirror to another. */
function changesMirror(old: readonly DesiredMirror[], next: readonly DesiredMirror[]): boolean {
  const left = new Set(gone(old, next));
  return left.size > 0 && gone(next, old).some((member) => left.has(member));
}

/** The rules, as they were, whose copies are redirected. */
function redirected(old: Desired, next: Desired): Rule[] {
  const after = new Map(next.rules.map((rule) => [placeOf(rule), rule.actions]));
  return old.rules.filter((rule) => {
    const actions = after.get(placeOf(rule));
    return actions !== undefined && !isDeepStrictEqual(actions, rule.actions);
  });
}

/** The interfaces, by UUID, of monitors that remain monitors but are reached on another bridge. */
function changingBridges(old: Desired, next: Desired): Set<string> {
  const attachments = new Map(old.monitors.map((monitor) => [monitor.interface, monitor.attachment]));
  const changing = next.monitors.filter(
    (monitor) => (attachments.get(monitor.interface) ?? monitor.attachment) !== monitor.attachment,
  );
  return new Set(changing.map((monitor) => monitor.interface));
}

function isPlainOutput(action: Action): boolean {
  return (
    typeof action === "object" && ("output" in action || ("bundle" in action && action.into === undefined))
  );
}

/**
 * Actions that send a copy to both the new and the old destination, if the two can be combined; only once if both use
 * the same port.
 */
function bothWays(old: readonly Action[], next: readonly Action[]): Action[] {
  const isCommon = (action: Action, index: number): boolean => isDeepStrictEqual(action, next[index]);
  const common = old.findIndex((action, index) => !isCommon(action, index));
  const rest = common < 0 ? [] : old.slice(common);
  if (!rest.every(isPlainOutput)) return [...next];
  const others = rest.filter((action) => !next.some((other) => isDeepStrictEqual(action, other)));
  return [...next.slice(0, common), ...others, ...next.slice(common)];
}

/**
 * Rules that reach a monitor on either bridge while it moves. It is on one of the two at a time, so the output on the
 * other has no effect.
 */
function reachingBoth(old: readonly Rule[], next: readonly Rule[]): Rule[] {
  const before = new Map(old.map((rule) => [placeOf(rule), rule.actions]));
  return next.map((rule) => {
    const actions = before.get(placeOf(rule));
    return actions === undefined ? rule : { ...rule, actions: bothWays(actions, rule.actions) };
  });
}

/** Whether copies that now leave by a port of ours which will be deleted are to leave by another. */
function relievesPort(old: Desired, next: Desired): boolean {
  const kept = new Set(next.ports.map(({ name }) => name));
  const gone = new Set(old.ports.map(({ name }) => name).filter((name) => !kept.has(name)));
  return (
    gone.size > 0 && redirected(old, next).some((rule) => portsOfRule(rule).some((name) => gone.has(name)))
  );
}

/** The first item of each key. */
function union<T>(things: readonly T[], key: (thing: T) => string): T[] {
  const found = new Map<string, T>();
  for (const thing of things) if (!found.has(key(thing))) found.set(key(thing), thing);
  return [...found.values()];
}

/**
 * What must exist on a host so that copies are redirected without loss: everything new in addition to everything old,
 * so that rules can be written for it while old Mirrors still capture and old monitors have not moved back. Undefined
 * if no tapped port changes its Mirror, no monitor or port of ours replaces another, and no monitor changes its bridge.
 */
export function handover(old: Desired, next: Desired, tapBridge: string): Desired | undefined {
  const changing = changingBridges(old, next);
  const coming = next.placements.filter((placement) => changing.has(placement.interface));
  const others = next.placements.filter((placement) => !coming.includes(placement));
  const stays = others.filter(({ bridge }) => bridge === tapBridge);
  const relieved = stays.length < others.length ? redirected(old, next).length > 0 : relievesPort(old, next);
  if (!relieved && changing.size === 0 && !changesMirror(old.mirrors, next.mirrors)) return undefined;
  const rules = changing.size === 0 ? next.rules : reachingBoth(old.rules, next.rules);
  return {
    ...next,
    ports: union([...next.ports, ...old.ports], (port) => port.name),
    mirrors: old.mirrors,
    placements: stays,
    coming,
    monitors: union([...next.monitors, ...old.monitors], ({ owner, port }) => `${owner} ${port}`),
    rules: union([...rules, ...old.rules], placeOf),
    meters: union([...next.meters, ...old.meters], (meter) => meter.inPort),
    foreignRules: union(
      [...next.foreignRules, ...old.foreignRules],
      (rule) => `${rule.bridge} ${placeOf(rule)}`,
    ),
  };
}
