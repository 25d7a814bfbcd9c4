import type { Desired, DesiredMirror, Rule } from "./desired";

/** Source ports of a Mirror, per direction. */
function members(mirror: DesiredMirror): string[] {
  return [
    ...mirror.selectSrcPort.map((port) => `egress ${port}`),
    ...mirror.selectDstPort.map((port) => `ingress ${port}`),
  ];
}

/** Whether a port that stays tapped leaves one Mirror for another. */
function changesMirror(old: readonly DesiredMirror[], next: readonly DesiredMirror[]): boolean {
  const before = new Map(old.map((mirror) => [mirror.name, members(mirror)]));
  const after = new Map(next.map((mirror) => [mirror.name, members(mirror)]));
  const left = old.flatMap((mirror) =>
    members(mirror).filter((member) => !after.get(mirror.name)?.includes(member)),
  );
  const joined = next.flatMap((mirror) =>
    members(mirror).filter((member) => !before.get(mirror.name)?.includes(member)),
  );
  return left.some((member) => joined.includes(member));
}

/** What a rule matches: of two rules that match the same on one bridge there is room for one. */
function place({ table, priority, inPort, match }: Rule): string {
  return [table, priority, inPort ?? "", ...match].join(" ");
}

/** Whether copies that go to one port are to go to another. */
function changesOutput(old: readonly Rule[], next: readonly Rule[]): boolean {
  const before = new Map(old.map((rule) => [place(rule), JSON.stringify(rule.actions)]));
  return next.some((rule) => {
    const actions = before.get(place(rule));
    return actions !== undefined && actions !== JSON.stringify(rule.actions);
  });
}

/** The first of each key. */
function union<T>(things: readonly T[], key: (thing: T) => string): T[] {
  const found = new Map<string, T>();
  for (const thing of things) if (!found.has(key(thing))) found.set(key(thing), thing);
  return [...found.values()];
}

/**
 * What must exist on a host for copies to change their way without a loss: all that is new beside all that was, so that
 * rules can be written for it, while old Mirrors still capture and old monitors have not gone home. Undefined where no
 * tapped port changes its Mirror and no monitor is relieved by another.
 */
export function handover(old: Desired, next: Desired, tapBridge: string): Desired | undefined {
  const stays = next.placements.filter((placement) => placement.bridge === tapBridge);
  const relieved = stays.length < next.placements.length && changesOutput(old.rules, next.rules);
  if (!relieved && !changesMirror(old.mirrors, next.mirrors)) return undefined;
  return {
    ...next,
    ports: union([...next.ports, ...old.ports], (port) => port.name),
    mirrors: old.mirrors,
    placements: stays,
    rules: union([...next.rules, ...old.rules], place),
    meters: union([...next.meters, ...old.meters], (meter) => meter.inPort),
    hooks: union([...next.hooks, ...old.hooks], (hook) => `${hook.bridge} ${place(hook)}`),
  };
}
