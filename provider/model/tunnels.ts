import { isIPv6 } from "node:net";
import { encapsulationOf } from "../encapsulation/encapsulations";
import type { InterfaceFacts } from "../ovs/facts";
import type { Claim, FlowClaim, TunnelClaim } from "../schema/claim";
import type { Collector } from "../schema/collector";
import { addressValue } from "../schema/filter/address";
import type { Action, DesiredPort, Problem, Rule } from "./desired";
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
import { type FieldMatch, is } from "./match";
import { routeOf } from "./route";
import { isOneService, type NamedService } from "./serviceNames";

interface TunnelRequest {
  end: Endpoint;
  owners: Set<string>;
  /** Addresses from which copies are accepted; a collector sends none. */
  members: Set<string>;
  explicit: TunnelClaim[];
  /** For a collector: the services of each key that copies are sent with, as flows name them. */
  keys: Map<number, (NamedService & { flows: Set<string> })[]>;
}

function addKeys(
  { keys }: TunnelRequest,
  { service, tunnelId, owner }: FlowClaim,
  collector: Collector,
): void {
  for (const key of new Set(Object.values(collector.keys))) {
    const users = keys.get(key) ?? [];
    const known = users.find((user) => user.service === service && user.tunnelId === tunnelId);
    if (known === undefined) users.push({ service, tunnelId, flows: new Set([owner]) });
    else known.flows.add(owner);
    keys.set(key, users);
  }
}

function collect(claims: readonly Claim[]): Map<string, TunnelRequest> {
  const needs = new Map<string, TunnelRequest>();
  const need = (end: Endpoint, owner: string): TunnelRequest => {
    const key = endpointKey(end);
    const entry = needs.get(key) ?? {
      ...{ end, owners: new Set(), members: new Set(), explicit: [], keys: new Map() },
    };
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
        else addKeys(entry, claim, claim.collector);
      }
    }
  }
  return needs;
}

function options({ end, explicit }: TunnelRequest): Record<string, string> {
  const chosen = explicit[0];
  return {
    ...endpointOptions(end),
    ...(chosen !== undefined && !chosen.dontFragment ? { df_default: "false" } : {}),
    ...(chosen?.tos === undefined ? {} : { tos: String(chosen.tos) }),
  };
}

/** The register that marks a frame as received through a mirror tunnel. */
export const ARRIVED: { set: Extract<Action, { value: bigint }>; match: FieldMatch } = {
  set: { set: "reg0", value: 1n },
  match: is("reg0", 1),
};

function arrivals({ end, members, owners }: TunnelRequest): Rule[] {
  const name = endpointPort(end);
  const sources =
    end.remote === "flow"
      ? [...members]
          .sort()
          .map((address) => [is(isIPv6(address) ? "tun_ipv6_src" : "tun_src", addressValue(address))])
      : [...members].slice(0, 1).map(() => []);
  return sources.map((match) => ({
    table: 0,
    priority: 100,
    cookie: pieceCookie(digest(12, "tunnel", endpointKey(end))),
    inPort: name,
    match,
    actions: [ARRIVED.set, { goto: 2 }],
    owners: [...owners].sort(),
  }));
}

function disagreements(need: TunnelRequest): Problem[] {
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

/** What can be done about a tunnel that overlaps another. */
function wayOut({ end, members }: TunnelRequest): string {
  const isCollector = members.size === 0;
  if (end.udpPort === 0) {
    const others = isCollector ? "another type of collector" : "vxlan or geneve, or other localIps";
    return `GRE and ERSPAN have no ports to tell tunnels apart: use ${others}`;
  }
  if (!isCollector) return "Choose another udpPort or other localIps in a MirrorTunnel";
  return "Let the collector listen on another UDP port and set udpPort to it, or use another type of collector";
}

function clashes(need: TunnelRequest, foreign: readonly InterfaceFacts[]): Problem[] {
  return foreign
    .filter((candidate) => overlaps(need.end, candidate))
    .flatMap((candidate) =>
      [...need.owners].map((owner) => ({
        owner,
        code: "tunnel-clash",
        message: `mirror tunnel ${describeEndpoint(need.end)} overlaps tunnel port ${candidate.name} (${candidate.type}), which is not ours`,
        hint: wayOut(need),
      })),
    );
}

/** A collector tells services apart by their keys, so services with the same key would be indistinguishable. */
function sharedKeys({ end, keys }: TunnelRequest): Problem[] {
  return [...keys].flatMap(([key, users]) =>
    users.flatMap((user) => {
      const others = users.filter((other) => !isOneService(other, user)).map(({ service }) => service);
      if (others.length === 0) return [];
      return [...user.flows].map((owner) => ({
        owner,
        code: "collector-key-taken" as const,
        message: `copies for ${user.service} and for ${[...new Set(others)].sort().join(" and ")} would have the same key, ${key}, in ${describeEndpoint(end)}: the collector could not tell them apart`,
        hint: "Set another key for one of the collectors, or another tunnelId on the service, from which the key is derived",
      }));
    }),
  );
}

/** Ends that may conflict: those that need what only one type of tunnel can have, if they are of several types. */
function rivals(needs: readonly TunnelRequest[]): TunnelRequest[][] {
  const among = new Map<string, TunnelRequest[]>();
  for (const need of needs) {
    const { udpPort, local, remote } = need.end;
    const wanted = udpPort === 0 ? `${local} ${remote}` : String(udpPort);
    const others = among.get(wanted);
    if (others === undefined) among.set(wanted, [need]);
    else others.push(need);
  }
  const kindOf = ({ end }: TunnelRequest) => `${end.type} ${end.erspanVersion}`;
  return [...among.values()].filter((some) => new Set(some.map(kindOf)).size > 1);
}

function crossings(needs: readonly TunnelRequest[]): Problem[] {
  return needs.flatMap((need) =>
    needs.flatMap((other) => {
      const why = need === other ? undefined : crossing(need.end, other.end);
      if (why === undefined) return [];
      return [...need.owners].map((owner) => ({
        owner,
        code: "tunnel-clash",
        message: `mirror tunnel ${describeEndpoint(need.end)} cannot coexist with ${describeEndpoint(other.end)}, which is for ${[...other.owners].sort().join(" and ")}: ${why}`,
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
  const tunnels = foreign.filter(({ type }) => encapsulationOf(type) !== undefined);
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
      ...needs.flatMap((need) => [...disagreements(need), ...clashes(need, tunnels), ...sharedKeys(need)]),
      ...rivals(needs).flatMap(crossings),
    ],
  };
}
