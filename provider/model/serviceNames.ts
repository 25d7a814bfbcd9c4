import { isDeepStrictEqual } from "node:util";
import type { Claim, FlowClaim, ServiceClaim } from "../schema/claim";
import { stackOf } from "./identity";

/** What a flow knows of its service: its owner and tunnel id when the flow's stack last ran. */
export type NamedService = Pick<FlowClaim, "service" | "tunnelId">;

/** The same, as a service knows it. */
type Name = Pick<ServiceClaim, "owner" | "tunnelId">;

/** Whether a flow's copies are delivered on the host of the claim. */
export function arrivesHere({ collector, source, peer }: FlowClaim): boolean {
  return collector === undefined && (source === undefined || peer === undefined);
}

/** The flows among some claims whose copies are delivered on their host. */
export function flowsInto(claims: Iterable<Claim>): FlowClaim[] {
  return [...claims].filter((claim): claim is FlowClaim => claim.kind === "flow" && arrivesHere(claim));
}

/** The services among some claims. */
export function servicesAmong(claims: Iterable<Claim>): ServiceClaim[] {
  return [...claims].filter((claim): claim is ServiceClaim => claim.kind === "service");
}

function keyOf({ owner, tunnelId }: Name): string {
  return `${tunnelId} ${owner}`;
}

/**
 * Finds the service of a host that a flow means. An earlier name of a service, kept while flows used it, takes
 * precedence over the current name of another. A renamed service is found by its tunnel id, which a rename keeps.
 */
export function serviceFinder(claims: Iterable<Claim>): (flow: NamedService) => ServiceClaim | undefined {
  const services = servicesAmong(claims);
  const byFormerName = new Map(
    services.flatMap((claim) => (claim.former ?? []).map((name) => [keyOf(name), claim])),
  );
  const byOwner = new Map(services.map((claim) => [claim.owner, claim]));
  const byTunnelId = new Map(services.map((claim) => [claim.tunnelId, claim]));
  return ({ service: owner, tunnelId }) =>
    byFormerName.get(keyOf({ owner, tunnelId })) ?? byOwner.get(owner) ?? byTunnelId.get(tunnelId);
}

/**
 * The keys by which flows identify one service, as far as their claims show, because a collector's service has no
 * claim: its owner, or its stack and tunnel id. Flows follow a rename or a new tunnel id one by one, so either may
 * differ between them.
 */
export function waysToKnow({ service, tunnelId }: NamedService): [byOwner: string, byTunnelId: string] {
  return [service, keyOf({ owner: stackOf(service), tunnelId })];
}

/** Whether two flows mean the same service. */
export function isOneService(a: NamedService, b: NamedService): boolean {
  const others = waysToKnow(b);
  return waysToKnow(a).some((way, index) => way === others[index]);
}

/** Whether a claim is that of a service with the current or an earlier name that a flow uses. */
export function isNamed(claim: Claim, { service, tunnelId }: NamedService): boolean {
  if (claim.kind !== "service") return false;
  const { owner, former = [] } = claim;
  return owner === service || former.some((name) => name.owner === service && name.tunnelId === tunnelId);
}

/** Whether a claim is that of a service which may have been called what a flow knows: a rename keeps its stack and its tunnel id. */
export function isRenamed(claim: Claim, { service, tunnelId }: NamedService): boolean {
  return claim.kind === "service" && claim.tunnelId === tunnelId && stackOf(claim.owner) === stackOf(service);
}

/** A service's earlier names, including the one of its existing claim if that differs from the new one. */
export function namesBefore({ owner, tunnelId, former = [] }: ServiceClaim, next: Name): Name[] | undefined {
  const names = [...former, { owner, tunnelId }].filter((name) => keyOf(name) !== keyOf(next));
  return names.length === 0 ? undefined : names;
}

/**
 * Claims whose services have exactly those earlier names that flows into them still use. While a flow uses a name, no
 * other service can have it; afterwards one may.
 */
export function withNamesInUse(claims: ReadonlyMap<string, Claim>): ReadonlyMap<string, Claim> {
  const serviceOf = serviceFinder(claims.values());
  const known = new Map<string, Map<string, Name>>();
  for (const flow of flowsInto(claims.values())) {
    const service = serviceOf(flow);
    const name = { owner: flow.service, tunnelId: flow.tunnelId };
    if (service === undefined || keyOf(service) === keyOf(name)) continue;
    const names = known.get(service.owner) ?? new Map<string, Name>();
    known.set(service.owner, names.set(keyOf(name), name));
  }
  const renewed = servicesAmong(claims.values()).flatMap((claim): [string, Claim][] => {
    const names = [...(known.get(claim.owner) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    const former = names.length === 0 ? undefined : names.map(([, name]) => name);
    return isDeepStrictEqual(former, claim.former) ? [] : [[claim.owner, { ...claim, former }]];
  });
  return renewed.length === 0 ? claims : new Map([...claims, ...renewed]);
}

/**
 * The tunnel ids whose copies each service of a host receives, by its owner: its own, and those that flows into it
 * still use from before it changed. Those flows follow with their own update, which may be another stack's. Ids of
 * other services are not included.
 */
export function tunnelIdsOf(claims: Iterable<Claim>): Map<string, Set<number>> {
  const all = [...claims];
  const services = servicesAmong(all);
  const serviceOf = serviceFinder(all);
  const own = new Set(services.map(({ tunnelId }) => tunnelId));
  const ids = new Map(services.map(({ owner, tunnelId }) => [owner, new Set([tunnelId])]));
  for (const flow of flowsInto(all)) {
    const service = serviceOf(flow);
    if (service !== undefined && !own.has(flow.tunnelId)) ids.get(service.owner)!.add(flow.tunnelId);
  }
  return ids;
}
