import type { Claim, FlowClaim, TunnelClaim, Wire } from "../schema/claim";
import { collectorEndpoint, defaultEndpoint, type Endpoint, explicitEndpoint } from "./endpoint";

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
    ({ stage, peers }) => stage !== "ready" && peers.some((peer) => peer.machine === machine),
  );
}

/**
 * The tunnel that a flow names, as it is now. A UDP port is of one type: flows go with a tunnel that changes its type and
 * keeps its port, whatever their claims still say.
 */
function namedTunnel(claims: readonly Claim[], named: Wire): Wire {
  const now = explicitTunnels(claims).find(({ owner }) => owner === named.owner);
  const listens = now !== undefined && now.type !== "gre" && named.type !== "gre";
  return listens && now.udpPort === named.udpPort ? { ...named, type: now.type } : named;
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
  if (flow.collector !== undefined) {
    return only(collectorEndpoint(flow.collector, flow.collector.local), flow.collector.address);
  }
  if (flow.peer === undefined || flow.shared !== undefined) return undefined;
  if (flow.tunnel !== undefined) {
    const named = namedTunnel(claims, flow.tunnel);
    return only(explicitEndpoint(named, named.remote), named.remote);
  }
  const { machine, local, remote } = flow.peer;
  const ways: Route["ways"] = [];
  for (const tunnel of tunnelsTo(claims, machine)) {
    const member = tunnel.peers.find((candidate) => candidate.machine === machine)!;
    ways.push({ end: explicitEndpoint(tunnel, member.remote), remote: member.remote });
    if (tunnel.stage === undefined) return { ...ways[0]!, ways };
  }
  ways.push({ end: defaultEndpoint(local, remote), remote });
  return { ...ways[0]!, ways };
}
