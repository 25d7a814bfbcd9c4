import { isIPv6 } from "node:net";
import type { InterfaceFacts } from "../ovs/facts";
import type { Claim, FlowClaim, TunnelClaim } from "../schema/claim";
import type { DesiredPort, Problem, Rule } from "./desired";
import {
  defaultEndpoint,
  describeEndpoint,
  type Endpoint,
  endpointKey,
  endpointPort,
  explicitEndpoint,
  overlaps,
} from "./endpoint";
import { digest, pieceCookie } from "./identity";

type Peer = NonNullable<FlowClaim["peer"]>;

/** The end a flow's copies travel by, and all the ends they may arrive on. */
export interface Route {
  end: Endpoint;
  listen: Endpoint[];
}

function explicitTunnels(claims: readonly Claim[], machine: string): TunnelClaim[] {
  const rank = (tunnel: TunnelClaim): string => `${tunnel.mode === "pair" ? 0 : 1} ${tunnel.owner}`;
  return claims
    .filter((claim): claim is TunnelClaim => claim.kind === "tunnel" && claim.stage !== "ready")
    .filter((tunnel) => tunnel.peers.some((peer) => peer.machine === machine))
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/**
 * Which tunnel a flow uses: the one it names, else an explicit pair with that machine, else a mesh with both as members,
 * else the default pair. While an explicit one is coming or going, copies are awaited on what comes after it as well.
 */
export function routeOf(claims: readonly Claim[], flow: FlowClaim, peer: Peer): Route {
  if (flow.tunnel !== undefined) {
    const end = explicitEndpoint(flow.tunnel, flow.tunnel.remote);
    return { end, listen: [end] };
  }
  const listen: Endpoint[] = [];
  for (const tunnel of explicitTunnels(claims, peer.machine)) {
    const member = tunnel.peers.find((candidate) => candidate.machine === peer.machine)!;
    listen.push(explicitEndpoint(tunnel, member.remote));
    if (tunnel.stage === undefined) return { end: listen[0]!, listen };
  }
  listen.push(defaultEndpoint(peer.local, peer.remote));
  return { end: listen[0]!, listen };
}

/** The address a route's copies go to. */
export function routeRemote(claims: readonly Claim[], flow: FlowClaim, peer: Peer, end: Endpoint): string {
  if (end.remote !== "flow") return end.remote;
  if (flow.tunnel !== undefined) return flow.tunnel.remote;
  const mesh = explicitTunnels(claims, peer.machine).find(
    (tunnel) => endpointKey(explicitEndpoint(tunnel, "")) === endpointKey(end),
  );
  return mesh?.peers.find((candidate) => candidate.machine === peer.machine)?.remote ?? peer.remote;
}

interface Need {
  end: Endpoint;
  owners: Set<string>;
  /** Addresses a mesh accepts copies from. */
  members: Set<string>;
  explicit: TunnelClaim[];
}

function collect(claims: readonly Claim[]): Map<string, Need> {
  const needs = new Map<string, Need>();
  const need = (end: Endpoint, owner: string): Need => {
    const key = endpointKey(end);
    const entry = needs.get(key) ?? { end, owners: new Set(), members: new Set(), explicit: [] };
    entry.owners.add(owner);
    needs.set(key, entry);
    return entry;
  };
  for (const claim of claims) {
    if (claim.kind === "tunnel") {
      for (const peer of claim.peers) {
        const entry = need(explicitEndpoint(claim, peer.remote), claim.owner);
        entry.members.add(peer.remote);
        if (!entry.explicit.includes(claim)) entry.explicit.push(claim);
      }
    } else if (claim.kind === "flow" && claim.peer !== undefined) {
      for (const end of routeOf(claims, claim, claim.peer).listen) {
        need(end, claim.owner).members.add(routeRemote(claims, claim, claim.peer, end));
      }
    }
  }
  return needs;
}

function options({ end, explicit }: Need): Record<string, string> {
  const chosen = explicit[0];
  return {
    local_ip: end.local,
    remote_ip: end.remote,
    key: "flow",
    ...(end.udpPort === 0 ? {} : { dst_port: String(end.udpPort) }),
    ...(chosen !== undefined && !chosen.dontFragment ? { df_default: "false" } : {}),
    ...(chosen?.tos === undefined ? {} : { tos: String(chosen.tos) }),
  };
}

/** Register that marks a frame as arrived by a mirror tunnel. */
export const ARRIVED = { set: "set_field:0x1->reg0", match: "reg0=0x1" };

function arrivals({ end, members, owners }: Need): Rule[] {
  const name = endpointPort(end);
  const sources =
    end.remote === "flow"
      ? [...members].sort().map((address) => [`${isIPv6(address) ? "tun_ipv6_src" : "tun_src"}=${address}`])
      : [[]];
  return sources.map((match) => ({
    table: 0,
    priority: 100,
    cookie: pieceCookie(digest(12, "tunnel", endpointKey(end))),
    inPort: name,
    match,
    actions: [ARRIVED.set, "goto_table:2"],
    owners: [...owners].sort(),
  }));
}

function disagreements(need: Need): Problem[] {
  const spelled = (tunnel: TunnelClaim): string =>
    `dontFragment=${tunnel.dontFragment}, tos=${tunnel.tos ?? "unset"}, bfd=${tunnel.bfd ?? "unset"}`;
  const [first, ...others] = need.explicit;
  return others
    .filter((other) => spelled(other) !== spelled(first!))
    .flatMap((other) =>
      [first!, other].map((tunnel) => ({
        owner: tunnel.owner,
        code: "tunnel-options-differ",
        message: `mirror tunnels ${first!.owner} (${spelled(first!)}) and ${other.owner} (${spelled(other)}) are the same on the wire, ${describeEndpoint(need.end)}, and ask for different options`,
        hint: "Give both the same options, or one of them another udpPort or localIps",
      })),
    );
}

function clashes(need: Need, foreign: readonly InterfaceFacts[]): Problem[] {
  return foreign
    .filter((candidate) => overlaps(need.end, candidate))
    .flatMap((candidate) =>
      [...need.owners].map((owner) => ({
        owner,
        code: "tunnel-clash",
        message: `mirror tunnel ${describeEndpoint(need.end)} overlaps with tunnel port ${candidate.name} (${candidate.type}), which is not ours`,
        hint:
          need.end.type === "gre"
            ? "GRE has no ports to tell tunnels apart: use type vxlan or geneve, or other localIps"
            : "Choose another udpPort or other localIps in a MirrorTunnel",
      })),
    );
}

/** Ports, arrival rules and problems of all mirror tunnels that a host's claims need. */
export function renderTunnels(
  claims: readonly Claim[],
  tapBridge: string,
  foreign: readonly InterfaceFacts[],
): { ports: DesiredPort[]; rules: Rule[]; problems: Problem[] } {
  const needs = [...collect(claims).values()];
  return {
    ports: needs.map((need) => ({
      name: endpointPort(need.end),
      bridge: tapBridge,
      type: need.end.type,
      options: options(need),
      vlans: "all",
      owners: [...need.owners].sort(),
    })),
    rules: needs.flatMap(arrivals),
    problems: needs.flatMap((need) => [...disagreements(need), ...clashes(need, foreign)]),
  };
}
