import { isIPv6 } from "node:net";
import type { InterfaceFacts } from "../ovs/facts";
import type { Claim, TunnelClaim } from "../schema/claim";
import type { DesiredPort, Problem, Rule } from "./desired";
import {
  crossing,
  describeEndpoint,
  type Endpoint,
  endpointKey,
  endpointOptions,
  endpointPort,
  endpointType,
  explicitEndpoint,
  overlaps,
} from "./endpoint";
import { digest, pieceCookie } from "./identity";
import { routeOf } from "./route";

interface Need {
  end: Endpoint;
  owners: Set<string>;
  /** Addresses that copies are accepted from; a collector sends none. */
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
    } else if (claim.kind === "flow") {
      for (const { end, remote } of routeOf(claims, claim)?.ways ?? []) {
        const entry = need(end, claim.owner);
        if (claim.collector === undefined) entry.members.add(remote);
      }
    }
  }
  return needs;
}

function options({ end, explicit }: Need): Record<string, string> {
  const chosen = explicit[0];
  return {
    ...endpointOptions(end),
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
      : [...members].slice(0, 1).map(() => []);
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
          need.end.udpPort === 0
            ? "GRE and ERSPAN have no ports to tell tunnels apart: use vxlan or geneve, or other localIps"
            : "Choose another udpPort or other localIps in a MirrorTunnel",
      })),
    );
}

function crossings(needs: readonly Need[]): Problem[] {
  return needs.flatMap((need) =>
    needs.flatMap((other) => {
      const why = need === other ? undefined : crossing(need.end, other.end);
      if (why === undefined) return [];
      return [...need.owners].map((owner) => ({
        owner,
        code: "tunnel-clash",
        message: `mirror tunnel ${describeEndpoint(need.end)} cannot be beside ${describeEndpoint(other.end)}, which is for ${[...other.owners].sort().join(" and ")}: ${why}`,
        hint: "Give both the same version or type, or one of them another udpPort",
      }));
    }),
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
      type: endpointType(need.end),
      options: options(need),
      ...(need.explicit.some((tunnel) => tunnel.bfd === true) ? { bfd: true } : {}),
      vlans: "all",
      owners: [...need.owners].sort(),
    })),
    rules: needs.flatMap(arrivals),
    problems: [
      ...needs.flatMap((need) => [...disagreements(need), ...clashes(need, foreign)]),
      ...crossings(needs),
    ],
  };
}
