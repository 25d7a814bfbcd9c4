import type { Claim } from "../schema/claim";
import type { RateLimit } from "../schema/common";
import type { Action, Desired, Meter, Problem, Rule } from "./desired";
import { sendThrough } from "./endpoint";
import { compileFilter, type FilterFlow } from "./filter/compile";
import { type Group, groupMirror, groupNames, groupOwners } from "./groups";
import { pieceCookie } from "./identity";
import { routeOf } from "./route";
import type { Services } from "./services";
import { sharedActions } from "./shared";
import { bridgeTagMatch } from "./vlanClass";

/** Register that carries a copy's length limit from the rule that accepted it to the one that sends it. */
const LENGTH = "reg1";

/** Priority of a group's rule for what its filter does not decide; the filter's own are above. */
export const DEFAULT_PRIORITY = 100;

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

/** What accepts and what rejects, in the order of deciding; the last entry is the default. */
function entriesOf(group: Group): FilterFlow[] {
  const { filter, defaultAction } = group.members[0]!.flow.source;
  return compileFilter(filter ?? [], defaultAction, {
    vlan: group.vlan,
    ...(group.direction === "any" ? {} : { direction: group.direction }),
  });
}

function lengthOf(group: Group, entry: FilterFlow): number | undefined {
  const { snapLength, maxFrame } = group.members[0]!.flow.source;
  return smaller(entry.snapLength ?? snapLength, maxFrame);
}

/** The length limits that copies of a group have; undefined: none. */
function lengthsOf(group: Group): (number | undefined)[] {
  const accepting = entriesOf(group).filter((entry) => entry.verdict === "accept");
  return [...new Set(accepting.map((entry) => lengthOf(group, entry)))];
}

/** The length limits of each flow's copies, by owner. */
export function lengthsByOwner(groups: readonly Group[]): Map<string, (number | undefined)[]> {
  const lengths = new Map<string, (number | undefined)[]>();
  for (const group of groups) {
    for (const owner of groupOwners(group)) {
      lengths.set(owner, [...new Set([...(lengths.get(owner) ?? []), ...lengthsOf(group)])]);
    }
  }
  return lengths;
}

/** Kilobits of the largest frame: 64 KiB, which segmentation offload makes of many. A bucket smaller than a frame passes none. */
const LARGEST_FRAME = 525;

/** A tenth of a second's worth, but never less than what a single frame needs. */
function meterOf(inPort: string, group: Group, limit: RateLimit): Meter {
  const [unit, rate, least] =
    limit.kbps !== undefined
      ? (["kbps", limit.kbps, LARGEST_FRAME] as const)
      : (["pktps", limit.packetsPerSecond!, 1] as const);
  const burst = limit.burst ?? Math.max(Math.ceil(rate / 10), least);
  return { inPort, unit, rate, burst, owners: groupOwners(group) };
}

/** The meter of each capped group, by its hash: one for both directions of a flow, whose copies count together. */
function metersOf(groups: readonly Group[]): Map<string, Meter> {
  const byFlow = new Map<string, Meter>();
  return new Map(
    groups.flatMap((group) => {
      const limit = group.members[0]!.flow.source.rateLimit;
      if (limit === undefined) return [];
      const flows = groupOwners(group).join("\n");
      const meter = byFlow.get(flows) ?? meterOf(groupNames(group).tap, group, limit);
      byFlow.set(flows, meter);
      return [[group.hash, meter]];
    }),
  );
}

/** The actions that bring a copy, cut to a length, to the service. */
function sendActions(
  group: Group,
  claims: readonly Claim[],
  services: Services,
  maxLength: number | undefined,
): Action[] {
  const { flow } = group.members[0]!;
  const route = routeOf(claims, flow);
  if (route !== undefined) {
    const direction = group.direction === "any" ? undefined : group.direction;
    const key = flow.collector?.keys[direction ?? "ingress"] ?? flow.tunnelId;
    return sendThrough(route.end, {
      key,
      remote: route.remote,
      ...(maxLength === undefined ? {} : { maxLength }),
      ...(direction === undefined ? {} : { direction }),
    });
  }
  if (flow.shared !== undefined) return sharedActions(flow, maxLength);
  return services.deliveries.get(flow.tunnelId)?.deliver(maxLength) ?? [];
}

/**
 * The rules of one group: classified by its patch port, filtered, treated and sent. Where copies are capped the filter
 * stands in the very first table, each accepting rule with the meter: behind a jump, Open vSwitch before 3.3 would let
 * the meter drop production's packets.
 */
function groupRules(
  group: Group,
  claims: readonly Claim[],
  services: Services,
  meter: Meter | undefined,
): Rule[] {
  const owners = groupOwners(group);
  const rule = { cookie: pieceCookie(group.hash), inPort: groupNames(group).tap, owners };
  const entries = entriesOf(group);
  const lengths = lengthsOf(group);
  const told = lengths.length > 1;
  const table = meter === undefined ? 1 : 0;
  const decide = entries.map((entry): Rule => {
    const length = told ? [`set_field:0x${(lengthOf(group, entry) ?? 0).toString(16)}->${LENGTH}`] : [];
    const accept: Action[] = [
      ...(meter === undefined ? [] : [{ meter: meter.inPort }]),
      ...length,
      "goto_table:2",
    ];
    const priority = DEFAULT_PRIORITY + entry.priority;
    return {
      ...rule,
      table,
      priority,
      match: entry.match,
      actions: entry.verdict === "accept" ? accept : [],
    };
  });
  const classify: Rule[] =
    meter === undefined
      ? [{ ...rule, table: 0, priority: DEFAULT_PRIORITY, match: [], actions: ["goto_table:1"] }]
      : [];
  const tag = bridgeTagMatch(group.vlan);
  const treat = lengths.flatMap((length): Rule[] => {
    const actions = sendActions(group, claims, services, length);
    const match = told ? [`${LENGTH}=0x${(length ?? 0).toString(16)}`] : [];
    const plain: Rule = { ...rule, table: 2, priority: 100, match, actions };
    if (tag === undefined || actions.length === 0) return [plain];
    return [plain, { ...plain, priority: 110, match: [...match, tag], actions: ["pop_vlan", ...actions] }];
  });
  return [...classify, ...decide, ...treat];
}

/** Copies for a monitor on this host can only be cut where they are put out to it. */
function uncuttable(group: Group, claims: readonly Claim[], services: Services): Problem[] {
  const { flow } = group.members[0]!;
  if (routeOf(claims, flow) !== undefined || flow.shared !== undefined) return [];
  const why = services.deliveries.get(flow.tunnelId)?.cannotCut;
  if (why === undefined || lengthsOf(group).every((length) => length === undefined)) return [];
  return groupOwners(group).map((owner) => ({
    owner,
    code: "cannot-cut",
    message: `copies for tap service ${flow.service} on the same host cannot be cut: its ${why}`,
    hint: "Leave out snapLength and mtuPolicy truncate, or let the TapService have one port, or distribution copy, on the tap bridge",
  }));
}

/** Renders capture groups into `desired`: a Mirror, a patch pair, rules and, where capped, a meter for each. */
export function renderGroups(
  groups: readonly Group[],
  claims: readonly Claim[],
  tapBridge: string,
  services: Services,
  desired: Desired,
): void {
  const meters = metersOf(groups);
  for (const group of groups) {
    const names = groupNames(group);
    const patch = { type: "patch" as const, owners: groupOwners(group) };
    desired.ports.push(
      {
        ...patch,
        name: names.integration,
        bridge: group.bridge,
        options: { peer: names.tap },
        vlans: "none",
      },
      { ...patch, name: names.tap, bridge: tapBridge, options: { peer: names.integration }, vlans: "all" },
    );
    desired.mirrors.push(groupMirror(group));
    desired.problems.push(...uncuttable(group, claims, services));
    desired.rules.push(...groupRules(group, claims, services, meters.get(group.hash)));
  }
  desired.meters.push(...new Set(meters.values()));
}
