import { encapsulation } from "../encapsulation/encapsulations";
import type { Facts } from "../ovs/facts";
import type { CaptureClaim, Claim, FlowClaim } from "../schema/claim";
import { treatmentOptions } from "../schema/flow";
import { pick } from "../schema/options";
import { portKey } from "../schema/port";
import type { Desired, DesiredMirror, SelectedSource, Source } from "./desired";
import { filterOf, needsDirection } from "./filter/filterOf";
import { filterKey } from "./filter/key";
import type { FoundPort } from "./findPort";
import { digest, isOurObject } from "./identity";
import { memo } from "./memo";
import { type Tapping, tappings } from "./tappings";
import { type VlanClass, vlanClassKey } from "./vlanClass";
import { waitingClasses } from "./waitingClasses";

/** A flow's claim on the host of its source. */
export type SourceFlow = FlowClaim & { source: NonNullable<FlowClaim["source"]> };

/** A claim whose source is on its host: that of a flow, or of a capture. */
export type TappingClaim = SourceFlow | CaptureClaim;

/** A claim as one that taps a port of its host; undefined if it does not. */
export function tappingOf(claim: Claim): TappingClaim | undefined {
  if (claim.kind === "capture") return claim;
  return claim.kind === "flow" && claim.source !== undefined ? (claim as SourceFlow) : undefined;
}

/** What a group captures: one direction if something depends on the direction, else whatever its flows ask for. */
export type GroupDirection = "any" | "ingress" | "egress";

/**
 * Flows whose copies are treated alike and that therefore share a Mirror: one copy of a frame, however many of its
 * ports they tap.
 */
export interface Group {
  hash: string;
  bridge: string;
  vlan: VlanClass;
  direction: GroupDirection;
  /** Each flow with the ports that it taps here. A selector may not match any yet. */
  members: { flow: TappingClaim; ports: FoundPort[] }[];
}

/** The most Mirrors that OVS supports on a bridge; one more is stored and silently does nothing (MAX_MIRRORS). */
export const MIRROR_LIMIT = 32;

/** Names of a group's Mirror and of its patch pair. */
export function groupNames(group: Pick<Group, "hash">): { mirror: string; integration: string; tap: string } {
  return { mirror: `taas-${group.hash}`, integration: `mi-${group.hash}`, tap: `mt-${group.hash}` };
}

/** Whether a group's copies are for a capture. */
export function isCapture({ members }: Group): boolean {
  return members[0]!.flow.kind === "capture";
}

/** Owners of the flows in a group. */
export const groupOwners = memo((group: Group): string[] =>
  [...new Set(group.members.map(({ flow }) => flow.owner))].sort(),
);

/** Whether a collector gets the direction of each copy in its header. */
function tellsDirection({ type, erspanVersion }: NonNullable<SourceFlow["collector"]>): boolean {
  return encapsulation(type).direction(erspanVersion ?? 1, undefined) !== undefined;
}

/** One group for both directions, unless a capture, a rule, or a collector's keys or header depend on them. */
function directionsOf(flow: TappingClaim): GroupDirection[] {
  const { source } = flow;
  if (!isToldApart(flow)) return ["any"];
  return source.direction === "both" ? ["ingress", "egress"] : [source.direction];
}

function isToldApart(flow: TappingClaim): boolean {
  if (flow.kind === "capture" || needsDirection(filterOf(flow.source))) return true;
  const { collector } = flow;
  if (collector === undefined) return false;
  return collector.keys.ingress !== collector.keys.egress || tellsDirection(collector);
}

/** Hashes of flows' groups, by direction and VLAN class. Claims never change, and most occur again and again. */
const hashes = new WeakMap<TappingClaim, Map<string, string>>();

function groupHash(flow: TappingClaim, direction: GroupDirection, vlan: VlanClass): string {
  const known = hashes.get(flow) ?? new Map<string, string>();
  hashes.set(flow, known);
  const key = `${direction} ${vlanClassKey(vlan)}`;
  const hash = known.get(key) ?? hashOf(flow, direction, vlan);
  known.set(key, hash);
  return hash;
}

/**
 * A hash of everything that makes two flows' copies look or travel differently: each treatment option, the end, and the
 * destination. A flow with its own cap or counters is identified by its token, which survives a rename.
 */
function hashOf(flow: TappingClaim, direction: GroupDirection, vlan: VlanClass): string {
  if (flow.kind === "capture") return digest(12, "capture group", flow.token, direction, vlanClassKey(vlan));
  const { source, collector, tunnel, shared, destination, tunnelId, until } = flow;
  const { filter: _filter, defaultAction: _defaultAction, ...treatment } = pick(treatmentOptions, source);
  const own =
    treatment.rateLimit !== undefined || treatment.counters === "own"
      ? [flow.token, source.port === undefined ? source.ports : portKey(source.port), source.direction]
      : null;
  return digest(
    12,
    "group",
    JSON.stringify([
      source.integrationBridge,
      destination,
      tunnelId,
      vlanClassKey(vlan),
      direction,
      filterKey(filterOf(source)),
      { ...treatment, until },
      source.maxFrame,
      collector,
      tunnel === undefined ? null : { ...tunnel, owner: "" },
      shared,
      own,
    ]),
  );
}

/** Sorts a host's capturing flows into groups. `desired`: its monitors; problems are added to it. */
export function groupFlows(
  claims: readonly Claim[],
  facts: Facts,
  tapBridge: string,
  desired: Desired,
): Group[] {
  const bridges = new Set(facts.bridges.map(({ name }) => name));
  const groups = new Map<string, Group>();
  const waiting: TappingClaim[] = [];
  for (const claim of claims) {
    const flow = tappingOf(claim);
    if (flow?.source.enabled !== true) continue;
    const found = tappings(flow, facts, tapBridge, desired);
    for (const tapping of found) addTapping(groups, flow, tapping);
    const { ports, integrationBridge } = flow.source;
    if (found.length === 0 && ports !== undefined && bridges.has(integrationBridge)) waiting.push(flow);
  }
  const idle = idleMirrors(facts, groups);
  for (const flow of waiting) {
    for (const vlan of waitingFor(flow, facts, idle)) addTapping(groups, flow, { vlan, ports: [] });
  }
  return [...groups.values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

function addTapping(groups: Map<string, Group>, flow: TappingClaim, { vlan, ports }: Tapping): void {
  const { integrationBridge: bridge } = flow.source;
  for (const direction of directionsOf(flow)) {
    const hash = groupHash(flow, direction, vlan);
    const group = groups.get(hash) ?? { hash, bridge, vlan, direction, members: [] };
    group.members.push({ flow, ports });
    groups.set(hash, group);
  }
}

/** Names of the Mirrors of a host that capture no port for these groups. */
function idleMirrors(facts: Facts, groups: ReadonlyMap<string, Group>): ReadonlySet<string> {
  const names = new Set(Object.values(facts.mirrors).map(({ name }) => name));
  for (const group of groups.values()) names.delete(groupNames(group).mirror);
  return names;
}

/** The classes of which a flow has a Mirror that selects ports of which there is none. */
function waitingFor(flow: TappingClaim, facts: Facts, idle: ReadonlySet<string>): VlanClass[] {
  const { integrationBridge, ports } = flow.source;
  return waitingClasses({ integrationBridge, ports: ports! }, facts, (vlan) =>
    directionsOf(flow).some((direction) =>
      idle.has(groupNames({ hash: groupHash(flow, direction, vlan) }).mirror),
    ),
  );
}

/** The Mirror that captures for a group. */
export function groupMirror(group: Group, tapBridge: string): DesiredMirror {
  const captures = (flow: TappingClaim, wanted: "ingress" | "egress"): boolean =>
    (group.direction === "any" || group.direction === wanted) &&
    (flow.source.direction === "both" || flow.source.direction === wanted);
  const ports = (wanted: "ingress" | "egress"): string[] => {
    const tapped = group.members
      .filter(({ flow }) => captures(flow, wanted))
      .flatMap((member) => member.ports);
    return [...new Set(tapped.map(({ port }) => port.uuid))].sort();
  };
  const names = groupNames(group);
  return {
    name: names.mirror,
    bridge: group.bridge,
    selectSrcPort: ports("egress"),
    selectDstPort: ports("ingress"),
    output: names.integration,
    sources: group.members.map(({ flow }): Source | SelectedSource => {
      const columns = [
        ...(captures(flow, "egress") ? (["select_src_port"] as const) : []),
        ...(captures(flow, "ingress") ? (["select_dst_port"] as const) : []),
      ];
      const source = { bridges: [group.bridge, tapBridge] as const, vlan: vlanClassKey(group.vlan), columns };
      const { port, ports: selector } = flow.source;
      return selector === undefined ? { ...source, wanted: port! } : { ...source, selector };
    }),
    selected: selectedIn(group),
    owners: groupOwners(group),
  };
}

/** The ports of a group that flows select, each with the owners of these flows. */
function selectedIn({ members }: Group): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  for (const { flow, ports } of members) {
    if (flow.source.ports === undefined) continue;
    for (const { port } of ports) {
      const others = owners.get(port.uuid);
      if (others === undefined) owners.set(port.uuid, [flow.owner]);
      else others.push(flow.owner);
    }
  }
  return owners;
}

/** Who would have too many Mirrors on a bridge, and the words for it. */
function exhausted(
  name: string,
  ours: readonly Group[],
  foreign: readonly string[],
  present: number,
): string {
  const wanted = foreign.length + ours.length;
  const held = ours.map((group) => `${groupNames(group).mirror} for ${groupOwners(group).join(" and ")}`);
  const others = foreign.length === 0 ? "" : `; not ours: ${foreign.join(", ")}`;
  const limit = `Open vSwitch supports at most ${MIRROR_LIMIT}`;
  const state =
    present > MIRROR_LIMIT
      ? `bridge ${name} has ${present} Mirrors, and ${limit} and ignores the others`
      : `bridge ${name} would have ${wanted} Mirrors, and ${limit}`;
  return `${state}: ${held.join("; ")}${others}`;
}

/**
 * The groups whose Mirrors Open vSwitch supports. A group without a Mirror that would exceed the limit is left out, so
 * that no operation creates the Mirror, and is a problem of its owners. If a bridge already has too many Mirrors, Open
 * vSwitch ignores some of them. Nothing tells which, so this is a problem of all groups, but of those with a Mirror it
 * is one that stands.
 */
export function withinBudget(groups: readonly Group[], facts: Facts, desired: Desired): Group[] {
  const excess = new Set<Group>();
  for (const bridge of facts.bridges) {
    const ours = groups.filter((group) => group.bridge === bridge.name);
    const wanted = new Set(ours.map((group) => groupNames(group).mirror));
    const rows = bridge.mirrors.map((id) => facts.mirrors[id] ?? { name: id, externalIds: {} });
    const foreign = rows
      .filter((row) => !wanted.has(row.name) && !isOurObject(row))
      .map(({ name }) => name)
      .sort();
    if (foreign.length + ours.length <= MIRROR_LIMIT) continue;
    const there = new Set(rows.map(({ name }) => name));
    const absent = ours.filter((group) => !there.has(groupNames(group).mirror));
    const present = foreign.length + ours.length - absent.length;
    const over = absent.slice(Math.max(0, MIRROR_LIMIT - present));
    for (const group of over) excess.add(group);
    const message = exhausted(bridge.name, ours, foreign, present);
    const hint = "Let flows share a capture group: same service and same options";
    const problem = { code: "mirrors-exhausted" as const, message, hint };
    for (const owner of over.flatMap(groupOwners)) desired.problems.push({ owner, ...problem });
    const standing = present > MIRROR_LIMIT ? ours.filter((group) => !excess.has(group)) : [];
    for (const owner of standing.flatMap(groupOwners))
      desired.problems.push({ owner, ...problem, stands: true });
  }
  return groups.filter((group) => !excess.has(group));
}
