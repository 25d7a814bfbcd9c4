import type { Facts } from "../ovs/facts";
import type { Claim } from "../schema/claim";
import { findConflicts, findFormerIds, findUnserved } from "./conflicts";
import { isUserspace } from "./datapath";
import type { Desired } from "./desired";
import { groupFlows, withinBudget } from "./groups";
import { pieceCookie } from "./identity";
import { lengthsByOwner } from "./lengths";
import { renderMonitorPorts } from "./monitorPorts";
import { withOrigins } from "./moving";
import { renderServices } from "./services";
import { renderShared } from "./shared";
import { leaveRoomForTags } from "./tagRoom";
import { renderGroups } from "./treat";
import { renderTunnels } from "./tunnels";

/**
 * Everything that must exist on a host: a pure function of its claims and of the observed facts. Neither changes after
 * it was rendered, and the same claims and facts give the same object, because each operation of a run compares with
 * the state before.
 */
export function render(claims: ReadonlyMap<string, Claim>, facts: Facts, tapBridge: string): Desired {
  const known = rendered.get(claims);
  if (known?.facts === facts && known.tapBridge === tapBridge) return known.desired;
  const desired = renderAnew(claims, facts, tapBridge);
  rendered.set(claims, { facts, tapBridge, desired });
  return desired;
}

/** The latest result for each set of claims. */
const rendered = new WeakMap<
  ReadonlyMap<string, Claim>,
  { facts: Facts; tapBridge: string; desired: Desired }
>();

function renderAnew(claims: ReadonlyMap<string, Claim>, facts: Facts, tapBridge: string): Desired {
  const wishes = [...claims.values()].sort((a, b) => (a.owner < b.owner ? -1 : 1));
  const all = withOrigins(wishes);
  const own = new Set(facts.bridges.find((bridge) => bridge.name === tapBridge)?.ports);
  const foreign = Object.values(facts.ports)
    .filter((port) => !own.has(port.uuid))
    .flatMap((port) => port.interfaces.map((uuid) => facts.interfaces[uuid]!).filter(Boolean));
  const services = renderServices(all, facts, tapBridge);
  const tunnels = renderTunnels(all, tapBridge, foreign);
  const monitorPorts = renderMonitorPorts(all, facts, tapBridge, services);
  const desired: Desired = {
    ports: [...monitorPorts.ports, ...services.ports, ...tunnels.ports],
    mirrors: [],
    placements: services.placements,
    coming: [],
    monitors: services.monitors,
    keeper: all.some((claim) => claim.keeper === true) ? "wanted" : "unwanted",
    rules: [...services.rules, ...tunnels.rules],
    meters: [],
    foreignRules: services.foreignRules,
    problems: [
      ...monitorPorts.problems,
      ...services.problems,
      ...tunnels.problems,
      ...findConflicts(all, facts, tapBridge, services),
      ...findUnserved(wishes, services),
      ...findFormerIds(wishes),
    ],
  };
  const groups = withinBudget(groupFlows(all, facts, tapBridge, desired), facts, desired);
  renderGroups(groups, all, tapBridge, services, desired);
  renderShared(all, facts, tapBridge, lengthsByOwner(groups), desired);
  if (groups.some(({ bridge }) => !isUserspace(facts, bridge))) {
    desired.rules = leaveRoomForTags(desired.rules);
    desired.foreignRules = leaveRoomForTags(desired.foreignRules);
  }
  const owners = [...claims.keys()].sort();
  for (const table of [1, 2]) {
    desired.rules.push({
      table,
      priority: 0,
      cookie: pieceCookie("000000000000"),
      match: [],
      actions: [],
      owners,
    });
  }
  return desired;
}
