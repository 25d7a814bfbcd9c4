import type { Claim } from "../schema/claim";
import type { Delivery } from "./delivery";
import type { Desired, Problem } from "./desired";
import { type Group, groupOwners } from "./groups";
import { lengthsOf } from "./lengths";
import { routeOf } from "./route";
import type { Services } from "./services";

/** The service on this host that receives a group's copies; undefined if they leave the host. */
function deliveryOf(group: Group, claims: readonly Claim[], services: Services): Delivery | undefined {
  const { flow } = group.members[0]!;
  if (flow.kind === "capture") return undefined;
  if (routeOf(claims, flow) !== undefined || flow.shared !== undefined) return undefined;
  return services.deliveries.get(flow.tunnelId);
}

/** Rejects slices where copies cannot be truncated. */
export function uncuttable(group: Group, claims: readonly Claim[], services: Services): Problem[] {
  const delivery = deliveryOf(group, claims, services);
  const why = delivery?.cannotCut;
  if (why === undefined || lengthsOf(group).every((length) => length === undefined)) return [];
  return groupOwners(group).map((owner) => ({
    owner,
    code: "cannot-cut",
    message: `copies for tap service ${delivery!.claim.owner} on the same host cannot be truncated: its ${why}`,
    hint: "Leave out snapLength and mtuPolicy truncate, or set distribution copy or attachment tap-bridge on the TapService",
  }));
}

/** The objects with which services on this host get truncated copies, once for each service and length. */
export function renderCutting(
  groups: readonly Group[],
  claims: readonly Claim[],
  services: Services,
  desired: Desired,
): void {
  const cuts = new Map<string, { delivery: Delivery; length: number; owners: Set<string> }>();
  for (const group of groups) {
    const delivery = deliveryOf(group, claims, services);
    if (delivery === undefined || delivery.monitors.length === 0) continue;
    for (const length of lengthsOf(group)) {
      if (length === undefined) continue;
      const key = `${delivery.claim.owner} ${length}`;
      const cut = cuts.get(key) ?? { delivery, length, owners: new Set() };
      for (const owner of groupOwners(group)) cut.owners.add(owner);
      cuts.set(key, cut);
    }
  }
  for (const { delivery, length, owners } of cuts.values()) {
    const { ports, rules, foreignRules } = delivery.cutting(length, [...owners].sort());
    desired.ports.push(...ports);
    desired.rules.push(...rules);
    desired.foreignRules.push(...foreignRules);
  }
}
