import type { Facts } from "../ovs/facts";
import type { Claim, ServiceClaim } from "../schema/claim";
import { describePort } from "../schema/port";
import type { Action, Desired, DesiredPort, Placement, Problem, Rule } from "./desired";
import { type FoundPort, findPort } from "./findPort";
import { digest, pieceCookie } from "./identity";
import { ARRIVED } from "./tunnels";

/** A service of this host: where its copies go. */
export interface Delivery {
  claim: ServiceClaim;
  /** Empty while the monitor is not plugged. */
  actions: Action[];
  monitor: FoundPort | undefined;
}

/** The services of a host, and what they need to exist. */
export interface Services extends Pick<Desired, "ports" | "placements" | "rules" | "hooks" | "problems"> {
  /** By tunnel id. */
  deliveries: Map<number, Delivery>;
}

function deliveryHash(claim: ServiceClaim): string {
  return digest(12, "delivery", claim.tunnelId);
}

function patchPair(claim: ServiceClaim, tapBridge: string): DesiredPort[] {
  const { tap, integration } = deliveryPorts(claim);
  const owners = [claim.owner];
  return [
    { name: tap, bridge: tapBridge, type: "patch", options: { peer: integration }, vlans: "all", owners },
    {
      name: integration,
      bridge: claim.integrationBridge,
      type: "patch",
      options: { peer: tap },
      vlans: "none",
      owners,
    },
  ];
}

/** Names of the patch pair that carries copies back to a monitor on the integration bridge. */
function deliveryPorts(claim: ServiceClaim): { tap: string; integration: string } {
  const hash = deliveryHash(claim);
  return { tap: `md-${hash}`, integration: `mo-${hash}` };
}

function place(claim: ServiceClaim, monitor: FoundPort, bridge: string): Placement {
  return {
    port: monitor.port.uuid,
    interface: monitor.interface.uuid,
    name: monitor.port.name,
    bridge,
    owners: [claim.owner],
  };
}

/** A claim on its way out: its monitor goes home under its old number, unless another service keeps it. */
function sendHome(claim: ServiceClaim, facts: Facts, tapBridge: string, result: Services): void {
  const monitor = findPort(facts, [tapBridge], claim.port).found;
  if (monitor === undefined || claim.home === undefined) return;
  const { bridge, ofport } = claim.home;
  if (result.placements.some((kept) => kept.port === monitor.port.uuid)) return;
  const home = facts.bridges.find((candidate) => candidate.name === bridge);
  if (home === undefined) {
    result.problems.push({
      owner: claim.owner,
      code: "home-bridge-missing",
      message: `monitor port ${monitor.port.name} came from bridge ${bridge}, which is not there any more`,
      hint: `Make it again (ovs-vsctl add-br ${bridge}), or remove the port (ovs-vsctl del-port ${monitor.port.name})`,
    });
    return;
  }
  const taker = home.ports
    .flatMap((uuid) => facts.ports[uuid]?.interfaces ?? [])
    .map((uuid) => facts.interfaces[uuid])
    .find((nic) => nic?.ofport === ofport);
  if (taker !== undefined) {
    result.problems.push({
      owner: claim.owner,
      code: "ofport-taken",
      message: `monitor port ${monitor.port.name} cannot go back to ${bridge}: its OpenFlow port number ${ofport} was given to port ${taker.name}`,
      hint: `Free the number, for instance by plugging ${taker.name} again, and run again`,
    });
    return;
  }
  result.placements.push({ ...place(claim, monitor, bridge), ofportRequest: ofport });
}

function idClashes(services: readonly ServiceClaim[]): Problem[] {
  return services.flatMap((claim) =>
    services
      .filter((other) => other.owner !== claim.owner && other.tunnelId === claim.tunnelId)
      .map((other) => ({
        owner: claim.owner,
        code: "tunnel-id-taken",
        message: `tunnel id ${claim.tunnelId} belongs to ${other.owner} on this host`,
        hint: "Give this TapService another tunnelId",
      })),
  );
}

function serviceRules(claim: ServiceClaim, name: string, actions: Action[]): Rule[] {
  const cookie = pieceCookie(deliveryHash(claim));
  const owners = [claim.owner];
  const arrived = [ARRIVED.match, `tun_id=0x${claim.tunnelId.toString(16)}`];
  return [
    { table: 0, priority: 100, cookie, inPort: name, match: [], actions: [], owners },
    { table: 2, priority: 100, cookie, match: arrived, actions, owners },
  ];
}

function deliver(claim: ServiceClaim, monitor: FoundPort, tapBridge: string, result: Services): Action[] {
  if (claim.attachment === "tap-bridge") {
    const actions = [{ output: monitor.interface.name }];
    result.rules.push(...serviceRules(claim, monitor.interface.name, actions));
    result.placements.push(place(claim, monitor, tapBridge));
    return actions;
  }
  const { tap, integration } = deliveryPorts(claim);
  const actions = [{ output: tap }];
  result.ports.push(...patchPair(claim, tapBridge));
  result.rules.push(...serviceRules(claim, tap, actions));
  result.hooks.push({
    bridge: claim.integrationBridge,
    table: 0,
    priority: 65535,
    cookie: pieceCookie(deliveryHash(claim)),
    inPort: integration,
    match: [],
    actions: [{ output: monitor.interface.name }],
    owners: [claim.owner],
  });
  return actions;
}

/** Renders the services of a host: where each monitor is, and what reaches it. */
export function renderServices(claims: readonly Claim[], facts: Facts, tapBridge: string): Services {
  const services = claims.filter((claim): claim is ServiceClaim => claim.kind === "service");
  const staying = services.filter((claim) => claim.leaving === undefined);
  const result: Services = {
    deliveries: new Map(),
    ports: [],
    placements: [],
    rules: [],
    hooks: [],
    problems: idClashes(staying),
  };
  for (const claim of staying) {
    const search = findPort(facts, [claim.integrationBridge, tapBridge], claim.port);
    const monitor = search.found;
    const actions = monitor === undefined ? [] : deliver(claim, monitor, tapBridge, result);
    result.deliveries.set(claim.tunnelId, { claim, actions, monitor });
    if (search.found === undefined) {
      result.problems.push({
        owner: claim.owner,
        code: "port-missing",
        message: `monitor port ${describePort(claim.port)} is ${search.reason === "missing" ? "not plugged" : "not the only one"}`,
      });
    }
  }
  for (const claim of services.filter((other) => other.leaving !== undefined)) {
    sendHome(claim, facts, tapBridge, result);
  }
  return result;
}
