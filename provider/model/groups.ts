import type { Facts } from "../ovs/facts";
import type { Claim, FlowClaim } from "../schema/claim";
import { describePort } from "../schema/port";
import type { Action, Desired, DesiredMirror, Rule } from "./desired";
import { sendThrough } from "./endpoint";
import { type FoundPort, findPort } from "./findPort";
import { digest, pieceCookie } from "./identity";
import type { Services } from "./services";
import { routeOf, routeRemote } from "./tunnels";
import { bridgeTagMatch, type VlanClass, vlanClass, vlanClassKey } from "./vlanClass";

type SourceFlow = FlowClaim & { source: NonNullable<FlowClaim["source"]> };

/** Flows whose copies are treated alike and so share one Mirror: one copy of a frame however many of its ports they tap. */
interface Group {
  hash: string;
  bridge: string;
  vlan: VlanClass;
  members: { flow: SourceFlow; port: FoundPort }[];
}

/** OVS has at most so many Mirrors a bridge; one more is stored and silently does nothing (MAX_MIRRORS). */
export const MIRROR_LIMIT = 32;

/** Names of a group's Mirror and of its patch pair. */
function groupNames(hash: string): { mirror: string; integration: string; tap: string } {
  return { mirror: `taas-${hash}`, integration: `mi-${hash}`, tap: `mt-${hash}` };
}

function collect(flows: readonly SourceFlow[], facts: Facts, tapBridge: string, desired: Desired): Group[] {
  const groups = new Map<string, Group>();
  for (const flow of flows) {
    if (!flow.source.enabled) continue;
    const bridge = flow.source.integrationBridge;
    const search = findPort(facts, [bridge, tapBridge], flow.source.port);
    if (search.found === undefined) {
      const state = search.reason === "ambiguous" ? "not the only one" : "not plugged";
      desired.problems.push({
        owner: flow.owner,
        code: "port-missing",
        message: `source port ${describePort(flow.source.port)} is ${state}`,
      });
      continue;
    }
    if (search.found.bridge.name === tapBridge) continue;
    const vlan = vlanClass(search.found.port);
    const hash = digest(12, "group", bridge, flow.destination, flow.tunnelId, vlanClassKey(vlan));
    const group = groups.get(hash) ?? { hash, bridge, vlan, members: [] };
    group.members.push({ flow, port: search.found });
    groups.set(hash, group);
  }
  return [...groups.values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

function mirrorOf(group: Group): DesiredMirror {
  const ports = (wanted: "ingress" | "egress"): string[] => {
    const tapped = group.members.filter(
      ({ flow }) => flow.source.direction === "both" || flow.source.direction === wanted,
    );
    return [...new Set(tapped.map(({ port }) => port.port.uuid))].sort();
  };
  const names = groupNames(group.hash);
  return {
    name: names.mirror,
    bridge: group.bridge,
    selectSrcPort: ports("egress"),
    selectDstPort: ports("ingress"),
    output: names.integration,
    owners: ownersOf(group),
  };
}

function ownersOf(group: Group): string[] {
  return [...new Set(group.members.map(({ flow }) => flow.owner))].sort();
}

function destinationActions(group: Group, claims: readonly Claim[], services: Services): Action[] {
  const { flow } = group.members[0]!;
  if (flow.peer === undefined) return services.deliveries.get(flow.tunnelId)?.actions ?? [];
  const { end } = routeOf(claims, flow, flow.peer);
  return sendThrough(end, routeRemote(claims, flow, flow.peer, end), flow.tunnelId);
}

function groupRules(group: Group, actions: Action[]): Rule[] {
  const names = groupNames(group.hash);
  const rule = { cookie: pieceCookie(group.hash), inPort: names.tap, owners: ownersOf(group) };
  const tag = bridgeTagMatch(group.vlan);
  const treat: Rule[] = [{ ...rule, table: 2, priority: 100, match: [], actions }];
  if (tag !== undefined && actions.length > 0) {
    treat.push({ ...rule, table: 2, priority: 110, match: [tag], actions: ["pop_vlan", ...actions] });
  }
  return [
    { ...rule, table: 0, priority: 100, match: [], actions: ["goto_table:1"] },
    { ...rule, table: 1, priority: 100, match: [], actions: ["goto_table:2"] },
    ...treat,
  ];
}

function checkBudget(groups: readonly Group[], facts: Facts, desired: Desired): void {
  for (const bridge of facts.bridges) {
    const mirrors = bridge.mirrors.map((uuid) => facts.mirrors[uuid]?.name ?? uuid);
    const ours = groups.filter((group) => group.bridge === bridge.name);
    const names = new Set(ours.map((group) => groupNames(group.hash).mirror));
    const foreign = mirrors.filter((name) => !name.startsWith("taas-"));
    if (foreign.length + names.size <= MIRROR_LIMIT) continue;
    const held = ours.map((group) => `${groupNames(group.hash).mirror} for ${ownersOf(group).join(" and ")}`);
    for (const group of ours.filter((candidate) => !mirrors.includes(groupNames(candidate.hash).mirror))) {
      for (const owner of ownersOf(group)) {
        desired.problems.push({
          owner,
          code: "mirrors-exhausted",
          message: `bridge ${bridge.name} would have ${foreign.length + names.size} Mirrors and Open vSwitch does at most ${MIRROR_LIMIT}: ${held.join("; ")}${foreign.length === 0 ? "" : `; not ours: ${foreign.join(", ")}`}`,
          hint: "Let flows share a capture group: same service and same options",
        });
      }
    }
  }
}

/** Renders capture groups into `desired`: a Mirror, a patch pair and rules for each. */
export function renderGroups(
  claims: readonly Claim[],
  facts: Facts,
  tapBridge: string,
  services: Services,
  desired: Desired,
): void {
  const flows = claims.filter(
    (claim): claim is SourceFlow => claim.kind === "flow" && claim.source !== undefined,
  );
  const groups = collect(flows, facts, tapBridge, desired);
  for (const group of groups) {
    const names = groupNames(group.hash);
    const owners = ownersOf(group);
    desired.ports.push(
      {
        name: names.integration,
        bridge: group.bridge,
        type: "patch",
        options: { peer: names.tap },
        vlans: "none",
        owners,
      },
      {
        name: names.tap,
        bridge: tapBridge,
        type: "patch",
        options: { peer: names.integration },
        vlans: "all",
        owners,
      },
    );
    desired.mirrors.push(mirrorOf(group));
    desired.rules.push(...groupRules(group, destinationActions(group, claims, services)));
  }
  checkBudget(groups, facts, desired);
}
