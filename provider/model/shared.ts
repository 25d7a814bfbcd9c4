import { joinsHosts } from "../encapsulation/encapsulations";
import type { Facts } from "../ovs/facts";
import type { Claim, FlowClaim } from "../schema/claim";
import { DEFAULT_BRIDGES, readAddress } from "../schema/host";
import type { Action, Desired, Rule } from "./desired";
import { type FoundPort, portsOf } from "./findPort";
import { digest, pieceCookie } from "./identity";
import { is } from "./match";
import { ARRIVED } from "./tunnels";

/** The production tunnel port that leads from a bridge to an address. */
export function productionTunnel(facts: Facts, bridge: string, remote: string): FoundPort | undefined {
  return portsOf(facts, [bridge]).find(
    ({ interface: nic }) => joinsHosts(nic.type) && readAddress(nic.options.remote_ip) === remote,
  );
}

/**
 * A patch pair between the tap bridge and a tunnel bridge: one for each service and length towards it, one back. The
 * default bridge is not part of the name, so that the names stay as in earlier claims.
 */
function sharedPair(
  role: "send" | "receive",
  flow: FlowClaim,
  maxLength: number | undefined,
): { hash: string; tap: string; tunnel: string } {
  const { bridge } = flow.shared!;
  const towards = role === "send" ? [flow.destination, maxLength ?? 0] : [];
  const other = bridge === DEFAULT_BRIDGES.tunnelBridge ? [] : [bridge];
  const hash = digest(12, "shared", role, flow.tunnelId, ...towards, ...other);
  return { hash, tap: `ms-${hash}`, tunnel: `mx-${hash}` };
}

/**
 * The actions that pass a copy to the tunnel bridge. It is truncated there, because a length limit does not cross a
 * patch port.
 */
export function sharedActions(flow: FlowClaim, maxLength: number | undefined): Action[] {
  return [{ output: sharedPair("send", flow, maxLength).tap }];
}

function addPair(
  flow: FlowClaim,
  bridge: string,
  tapBridge: string,
  pair: ReturnType<typeof sharedPair>,
  desired: Desired,
): void {
  const present = desired.ports.filter((port) => port.name === pair.tap || port.name === pair.tunnel);
  if (present.length > 0) {
    for (const port of present) if (!port.owners.includes(flow.owner)) port.owners.push(flow.owner);
    return;
  }
  const patch = { type: "patch" as const };
  desired.ports.push(
    {
      ...patch,
      name: pair.tap,
      bridge: tapBridge,
      options: { peer: pair.tunnel },
      vlans: "all",
      owners: [flow.owner],
    },
    { ...patch, name: pair.tunnel, bridge, options: { peer: pair.tap }, vlans: "none", owners: [flow.owner] },
  );
}

/** A flow over production tunnels, on its source's host: copies leave only by the one tunnel to the monitor's host. */
function renderSending(
  flow: FlowClaim,
  bridge: string,
  tunnel: FoundPort,
  lengths: readonly (number | undefined)[],
  tapBridge: string,
  desired: Desired,
): void {
  for (const maxLength of lengths) {
    const pair = sharedPair("send", flow, maxLength);
    addPair(flow, bridge, tapBridge, pair, desired);
    const output = { output: tunnel.interface.name, ...(maxLength === undefined ? {} : { maxLength }) };
    desired.foreignRules.push({
      bridge,
      table: 0,
      priority: 65535,
      cookie: pieceCookie(pair.hash),
      inPort: pair.tunnel,
      match: [],
      actions: [{ set: "tun_id", value: BigInt(flow.tunnelId) }, output],
      owners: [flow.owner],
    });
  }
}

/**
 * A flow over production tunnels, on the monitor's host: packets from the source with its tunnel id never reach
 * production's tables.
 */
function renderReceiving(
  flow: FlowClaim,
  bridge: string,
  tunnel: FoundPort,
  tapBridge: string,
  desired: Desired,
): void {
  const pair = sharedPair("receive", flow, undefined);
  addPair(flow, bridge, tapBridge, pair, desired);
  const rule = { cookie: pieceCookie(pair.hash), owners: [flow.owner] };
  desired.foreignRules.push({
    ...rule,
    bridge,
    table: 0,
    priority: 65535,
    inPort: tunnel.interface.name,
    match: [is("tun_id", flow.tunnelId)],
    actions: [{ output: pair.tunnel }],
  });
  const arrived: Rule = {
    ...rule,
    table: 0,
    priority: 100,
    inPort: pair.tap,
    match: [],
    actions: [{ set: "tun_id", value: BigInt(flow.tunnelId) }, ARRIVED.set, { goto: 2 }],
  };
  desired.rules.push(arrived);
}

/** Renders flows that share production tunnels. `lengths`: the length limits of a flow's copies, by owner. */
export function renderShared(
  claims: readonly Claim[],
  facts: Facts,
  tapBridge: string,
  lengths: ReadonlyMap<string, readonly (number | undefined)[]>,
  desired: Desired,
): void {
  for (const flow of claims) {
    if (flow.kind !== "flow" || flow.shared === undefined || flow.peer === undefined) continue;
    const { bridge } = flow.shared;
    const tunnel = productionTunnel(facts, bridge, flow.peer.remote);
    if (tunnel === undefined) {
      desired.problems.push({
        owner: flow.owner,
        code: "production-tunnel-missing",
        message: `bridge ${bridge} has no tunnel of its own to ${flow.peer.name} (${flow.peer.remote})`,
        hint: 'Use transport "dedicated", or name the bridge with the host\'s tunnelBridge',
      });
    } else if (flow.source === undefined) {
      renderReceiving(flow, bridge, tunnel, tapBridge, desired);
    } else if (flow.source.enabled) {
      renderSending(flow, bridge, tunnel, lengths.get(flow.owner) ?? [], tapBridge, desired);
    }
  }
}
