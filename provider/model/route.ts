import type { Claim, FlowClaim, TunnelClaim, Wire } from "../schema/claim";
import { collectorEndpoint, crossing, defaultEndpoint, type Endpoint, explicitEndpoint } from "./endpoint";
import { memo } from "./memo";
import { waysToKnow } from "./serviceNames";

/** How a flow's copies travel. */
export interface Route {
  /** The end that they are sent through. */
  end: Endpoint;
  /** The address that they are sent to. */
  remote: string;
  /** All the ends by which copies of this flow may currently arrive, with the other end's address on each. */
  ways: { end: Endpoint; remote: string }[];
}

/** The explicit tunnels among some claims, best first. Cached, because a host's claims are searched for many flows. */
const explicitTunnels = memo((claims: readonly Claim[]): TunnelClaim[] => {
  const rank = (tunnel: TunnelClaim): string => `${tunnel.mode === "pair" ? 0 : 1} ${tunnel.owner}`;
  return claims
    .filter((claim): claim is TunnelClaim => claim.kind === "tunnel")
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
});

/** The explicit tunnels to a machine that are ready to be used. */
function tunnelsTo(claims: readonly Claim[], machine: string): TunnelClaim[] {
  return explicitTunnels(claims).filter(
    ({ phase, peers }) => phase !== "ready" && peers.some((peer) => peer.machine === machine),
  );
}

/** The end that a flow's claim asks for, or the one that replaced it if both cannot be on one host. */
function asOfNow(asked: Endpoint, now: Endpoint | undefined): Endpoint {
  return now !== undefined && crossing(asked, now) !== undefined ? now : asked;
}

/**
 * The current end of the tunnel that a flow names. If the tunnel changes its type and keeps its UDP port, flows follow
 * it, whatever their claims still say.
 */
function namedEnd(claims: readonly Claim[], named: Wire): Endpoint {
  const now = explicitTunnels(claims).find(({ owner }) => owner === named.owner);
  const end = ({ type, udpPort }: Pick<Wire, "type" | "udpPort">): Endpoint =>
    explicitEndpoint({ ...named, type, udpPort }, named.remote);
  return asOfNow(end(named), now === undefined ? undefined : end(now));
}

/**
 * The keys that identify the service of a flow to a collector. The tunnel id identifies it only together with the
 * collector's address, because services with different collectors may have the same id.
 */
function waysOf(flow: FlowClaim): [byOwner: string, byTunnelId: string] {
  const [byOwner, byTunnelId] = waysToKnow(flow);
  return [byOwner, `${byTunnelId} ${flow.collector?.address}`];
}

/** The most recently written claims of flows to collectors, by each key of their service. */
const newestAmong = memo((claims: readonly Claim[]) => {
  const flows = claims.filter(
    (claim): claim is FlowClaim => claim.kind === "flow" && claim.collector !== undefined,
  );
  const byTime = flows.sort((a, b) => (a.time < b.time ? -1 : 1));
  return new Map(byTime.flatMap((flow) => waysOf(flow).map((way) => [way, flow])));
});

/** The most recently written claim among the flows of a flow's service. */
function newestOf(claims: readonly Claim[], flow: FlowClaim): FlowClaim {
  const newest = newestAmong(claims);
  const [byOwner, byTunnelId] = waysOf(flow).map((way) => newest.get(way) ?? flow) as [FlowClaim, FlowClaim];
  return byTunnelId.time > byOwner.time ? byTunnelId : byOwner;
}

/** The end that sends to a flow's collector, according to the most recently written claim of its service. */
function collectorEnd(claims: readonly Claim[], flow: FlowClaim): Endpoint | undefined {
  const end = ({ collector }: FlowClaim): Endpoint | undefined =>
    collector === undefined ? undefined : collectorEndpoint(collector, collector.local);
  const asked = end(flow);
  if (asked === undefined) return undefined;
  return asOfNow(asked, end(newestOf(claims, flow)));
}

function only(end: Endpoint, remote: string): Route {
  return { end, remote, ways: [{ end, remote }] };
}

/**
 * Which tunnel a flow uses: the one it names, else an explicit pair with that machine, else a mesh with both as
 * members, else the default pair. While an explicit tunnel is being created or deleted, copies are also accepted from
 * the one that comes next. Undefined if copies need no tunnel of ours: on the same machine, or over production tunnels.
 */
export function routeOf(claims: readonly Claim[], flow: FlowClaim): Route | undefined {
  const outside = collectorEnd(claims, flow);
  if (outside !== undefined) return only(outside, outside.remote);
  if (flow.peer === undefined || flow.shared !== undefined) return undefined;
  if (flow.tunnel !== undefined) {
    return only(namedEnd(claims, flow.tunnel), flow.tunnel.remote);
  }
  const { machine, local, remote } = flow.peer;
  const ways: Route["ways"] = [];
  for (const tunnel of tunnelsTo(claims, machine)) {
    const member = tunnel.peers.find((candidate) => candidate.machine === machine)!;
    ways.push({ end: explicitEndpoint(tunnel, member.remote), remote: member.remote });
    if (tunnel.phase === undefined) return { ...ways[0]!, ways };
  }
  ways.push({ end: defaultEndpoint(local, remote), remote });
  return { ...ways[0]!, ways };
}
