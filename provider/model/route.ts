import type { Claim, FlowClaim, TunnelClaim, Wire } from "../schema/claim";
import { collectorEndpoint, crossing, defaultEndpoint, type Endpoint, explicitEndpoint } from "./endpoint";

/** The way a flow's copies travel. */
export interface Route {
  /** The end they are sent through. */
  end: Endpoint;
  /** The address they are sent to. */
  remote: string;
  /** All the ends that copies of this flow may travel by just now, with the other end's address on each. */
  ways: { end: Endpoint; remote: string }[];
}

/** The explicit tunnels among some claims, best first; a host's claims are asked about many flows. */
const tunnelsAmong = new WeakMap<readonly Claim[], TunnelClaim[]>();

function explicitTunnels(claims: readonly Claim[]): TunnelClaim[] {
  const rank = (tunnel: TunnelClaim): string => `${tunnel.mode === "pair" ? 0 : 1} ${tunnel.owner}`;
  const tunnels =
    tunnelsAmong.get(claims) ??
    claims
      .filter((claim): claim is TunnelClaim => claim.kind === "tunnel")
      .sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  tunnelsAmong.set(claims, tunnels);
  return tunnels;
}

/** The explicit tunnels that lead to a machine and are ready to be sent on. */
function tunnelsTo(claims: readonly Claim[], machine: string): TunnelClaim[] {
  return explicitTunnels(claims).filter(
    ({ phase, peers }) => phase !== "ready" && peers.some((peer) => peer.machine === machine),
  );
}

/** What a flow's claim asks for, or what has come in its place where both cannot be on one host. */
function asOfNow(asked: Endpoint, now: Endpoint | undefined): Endpoint {
  return now !== undefined && crossing(asked, now) !== undefined ? now : asked;
}

/**
 * The end that a flow's named tunnel has. When the tunnel changes its type and keeps its UDP port, flows go with it, whatever
 * their claims still say.
 */
function namedEnd(claims: readonly Claim[], named: Wire): Endpoint {
  const now = explicitTunnels(claims).find(({ owner }) => owner === named.owner);
  const end = ({ type, udpPort }: Pick<Wire, "type" | "udpPort">): Endpoint =>
    explicitEndpoint({ ...named, type, udpPort }, named.remote);
  return asOfNow(end(named), now === undefined ? undefined : end(now));
}

/** The claims that were written last, by their flows' service. */
const newestAmong = new WeakMap<readonly Claim[], Map<string, FlowClaim>>();

function newestOf(claims: readonly Claim[], service: string): FlowClaim | undefined {
  const known = newestAmong.get(claims);
  if (known !== undefined) return known.get(service);
  const newest = new Map<string, FlowClaim>();
  for (const claim of claims) {
    if (claim.kind !== "flow") continue;
    const other = newest.get(claim.service);
    if (other === undefined || claim.time > other.time) newest.set(claim.service, claim);
  }
  newestAmong.set(claims, newest);
  return newest.get(service);
}

/** The end that sends to a flow's collector, which its service has as the claim says that was written last. */
function collectorEnd(claims: readonly Claim[], flow: FlowClaim): Endpoint | undefined {
  const end = ({ collector }: FlowClaim): Endpoint | undefined =>
    collector === undefined ? undefined : collectorEndpoint(collector, collector.local);
  const asked = end(flow);
  if (asked === undefined) return undefined;
  return asOfNow(asked, end(newestOf(claims, flow.service) ?? flow));
}

function only(end: Endpoint, remote: string): Route {
  return { end, remote, ways: [{ end, remote }] };
}

/**
 * Which tunnel a flow uses: the one it names, else an explicit pair with that machine, else a mesh with both as members,
 * else the default pair. While an explicit one is coming or going, copies are awaited on what comes after it as well.
 * Undefined when copies need no tunnel of ours: on one machine, or over production's.
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
