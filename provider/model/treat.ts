import type { Claim } from "../schema/claim";
import type { RateLimit } from "../schema/common";
import { renderCutting, uncuttable } from "./cutting";
import { LENGTH } from "./delivery";
import type { Action, Desired, Meter, Rule } from "./desired";
import { sendThrough } from "./endpoint";
import { ending, filterPort, gatePorts, gateRules } from "./gate";
import { type Group, groupMirror, groupNames, groupOwners, isCapture } from "./groups";
import { pieceCookie } from "./identity";
import { entriesOf, lengthOf, lengthsOf } from "./lengths";
import { is } from "./match";
import { routeOf } from "./route";
import type { Services } from "./services";
import { sharedActions } from "./shared";
import { bridgeTagMatch } from "./vlanClass";

/** Priority of a group's rule for copies that its filter does not decide; the filter's own rules are above it. */
export const DEFAULT_PRIORITY = 100;

/**
 * Kilobits of the largest frame: 64 KiB, which segmentation offload produces from many. A bucket smaller than a frame
 * lets none pass.
 */
const LARGEST_FRAME = 525;

/** A tenth of a second's worth, but never less than a single frame needs. */
function meterOf(inPort: string, group: Group, limit: RateLimit): Meter {
  const [unit, rate, least] =
    limit.kbps !== undefined
      ? (["kbps", limit.kbps, LARGEST_FRAME] as const)
      : (["pktps", limit.packetsPerSecond!, 1] as const);
  const burst = limit.burst ?? Math.max(Math.ceil(rate / 10), least);
  return { inPort, unit, rate, burst, owners: groupOwners(group) };
}

/**
 * The meter of each capped group, by the group's hash: one for both directions of a flow, whose copies count together.
 */
export function metersOf(groups: readonly Group[]): Map<string, Meter> {
  const byFlow = new Map<string, Meter>();
  return new Map(
    groups.flatMap((group) => {
      const limit = group.members[0]!.flow.source.rateLimit;
      if (limit === undefined) return [];
      const flows = groupOwners(group).join("\n");
      const meter = byFlow.get(flows) ?? meterOf(filterPort(group), group, limit);
      byFlow.set(flows, meter);
      return [[group.hash, meter]];
    }),
  );
}

/** The actions that send a copy, truncated to a length, to the service. */
function sendActions(
  group: Group,
  claims: readonly Claim[],
  services: Services,
  maxLength: number | undefined,
): Action[] {
  const { flow } = group.members[0]!;
  if (flow.kind === "capture") return [];
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
 * The rules of one group behind its gate: classify by the port on which copies arrive, filter, treat and send. If
 * copies are capped, the filter is in the very first table, and each accepting rule has the meter: behind a resubmit,
 * the meter would drop production packets in Open vSwitch before 3.3.
 */
function groupRules(
  group: Group,
  claims: readonly Claim[],
  services: Services,
  meter: Meter | undefined,
): Rule[] {
  const owners = groupOwners(group);
  const rule = { cookie: pieceCookie(group.hash), inPort: filterPort(group), owners };
  const entries = entriesOf(group);
  const lengths = lengthsOf(group);
  const told = lengths.length > 1;
  const table = meter === undefined ? 1 : 0;
  const decide = entries.map((entry): Rule => {
    const length = told ? [{ set: LENGTH, value: BigInt(lengthOf(group, entry) ?? 0) } as const] : [];
    const accept: Action[] = [
      ...(meter === undefined ? [] : [{ meter: meter.inPort }]),
      ...length,
      { goto: 2 },
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
      ? [{ ...rule, table: 0, priority: DEFAULT_PRIORITY, match: [], actions: [{ goto: 1 }] }]
      : [];
  const treat = lengths.flatMap((length): Rule[] => {
    const actions = sendActions(group, claims, services, length);
    const match = told ? [is(LENGTH, length ?? 0)] : [];
    return withoutBridgeTag(group, { ...rule, table: 2, priority: 100, match, actions });
  });
  // A capture itself holds the rules by which its copies leave.
  return [...classify, ...decide, ...(isCapture(group) ? [] : treat)];
}

/** A rule that sends a group's copies. If these may carry the bridge's own tag, a second rule removes it first. */
export function withoutBridgeTag({ vlan }: Group, plain: Rule): Rule[] {
  const tag = bridgeTagMatch(vlan);
  if (tag === undefined || plain.actions.length === 0) return [plain];
  const { match, actions, priority } = plain;
  return [
    plain,
    { ...plain, priority: priority + 10, match: [...match, tag], actions: ["pop_vlan", ...actions] },
  ];
}

/** Renders capture groups into `desired`: a Mirror, a patch pair, rules and, if capped, a meter for each. */
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
      ...gatePorts(group, tapBridge),
    );
    desired.mirrors.push(groupMirror(group, tapBridge));
    desired.problems.push(...uncuttable(group, claims, services));
    const rules = [...gateRules(group), ...groupRules(group, claims, services, meters.get(group.hash))];
    desired.rules.push(...ending(group, rules));
  }
  desired.meters.push(...new Set(meters.values()));
  renderCutting(groups, claims, services, desired);
}
