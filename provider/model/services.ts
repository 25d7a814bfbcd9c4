import type { Facts } from "../ovs/facts";
import type { Claim, ServiceClaim } from "../schema/claim";
import { describePort } from "../schema/port";
import type { Action, Desired, DesiredPort, Placement, Rule } from "./desired";
import { type FoundPort, findPort } from "./findPort";
import { digest, pieceCookie } from "./identity";
import { sendHome } from "./leaving";
import { ARRIVED } from "./tunnels";

/** A service of this host: where its copies go. */
export interface Delivery {
  claim: ServiceClaim;
  /** Monitors that are plugged, in the order of the claim. */
  monitors: FoundPort[];
  /** What delivers a copy, cut to a length if one is given. No actions while no monitor is plugged. */
  deliver(maxLength?: number): Action[];
  /** Why copies cannot be cut here; truncation crosses no patch port, and there is none in `bundle`. */
  cannotCut?: string;
}

/** The services of a host, and what they need to exist. */
export interface Services extends Pick<Desired, "ports" | "placements" | "rules" | "hooks" | "problems"> {
  /** By tunnel id. */
  deliveries: Map<number, Delivery>;
}

function deliveryHash(claim: ServiceClaim): string {
  return digest(12, "delivery", claim.tunnelId);
}

/** Names of the patch pair that carries copies back to monitors on the integration bridge. */
function deliveryPorts(claim: ServiceClaim): { tap: string; integration: string } {
  const hash = deliveryHash(claim);
  return { tap: `md-${hash}`, integration: `mo-${hash}` };
}

function patchPair(claim: ServiceClaim, tapBridge: string): DesiredPort[] {
  const { tap, integration } = deliveryPorts(claim);
  const both = { type: "patch" as const, owners: [claim.owner] };
  return [
    { ...both, name: tap, bridge: tapBridge, options: { peer: integration }, vlans: "all" },
    { ...both, name: integration, bridge: claim.integrationBridge, options: { peer: tap }, vlans: "none" },
  ];
}

function place(claim: ServiceClaim, monitor: FoundPort, bridge: string): Placement {
  const { port, interface: nic } = monitor;
  return { port: port.uuid, interface: nic.uuid, name: port.name, bridge, owners: [claim.owner] };
}

/**
 * What reaches a service's monitors: each of them, or one by a hash that is the same for both directions of a
 * conversation, or the first that is up (ovs-actions(7), bundle).
 */
function distribute(
  claim: ServiceClaim,
  monitors: readonly FoundPort[],
  maxLength: number | undefined,
): Action[] {
  const names = monitors.map((monitor) => monitor.interface.name);
  const cut = maxLength === undefined ? {} : { maxLength };
  if (claim.distribution === "copy" || names.length < 2) return names.map((output) => ({ output, ...cut }));
  const choice = claim.distribution === "hash" ? "symmetric_l3l4+udp,0,hrw" : "eth_src,0,active_backup";
  return [{ bundle: choice, members: names }];
}

function serviceRules(claim: ServiceClaim, names: readonly string[], actions: Action[]): Rule[] {
  const rule = { cookie: pieceCookie(deliveryHash(claim)), priority: 100, owners: [claim.owner] };
  const arrived = [ARRIVED.match, `tun_id=0x${claim.tunnelId.toString(16)}`];
  return [
    ...names.map((inPort) => ({ ...rule, table: 0, inPort, match: [], actions: [] })),
    { ...rule, table: 2, match: arrived, actions },
  ];
}

function renderDelivery(
  claim: ServiceClaim,
  monitors: FoundPort[],
  tapBridge: string,
  result: Services,
): Delivery {
  if (claim.attachment === "tap-bridge") {
    const deliver = (maxLength?: number) => distribute(claim, monitors, maxLength);
    const names = monitors.map((monitor) => monitor.interface.name);
    result.rules.push(...serviceRules(claim, names, deliver()));
    result.placements.push(...monitors.map((monitor) => place(claim, monitor, tapBridge)));
    const shared = claim.distribution !== "copy" && monitors.length > 1;
    return {
      claim,
      monitors,
      deliver,
      ...(shared ? { cannotCut: `distribution is ${claim.distribution}` } : {}),
    };
  }
  const { tap, integration } = deliveryPorts(claim);
  result.ports.push(...patchPair(claim, tapBridge));
  result.rules.push(...serviceRules(claim, [tap], [{ output: tap }]));
  result.hooks.push({
    bridge: claim.integrationBridge,
    table: 0,
    priority: 65535,
    cookie: pieceCookie(deliveryHash(claim)),
    inPort: integration,
    match: [],
    actions: distribute(claim, monitors, undefined),
    owners: [claim.owner],
  });
  return { claim, monitors, deliver: () => [{ output: tap }], cannotCut: "attachment is integration-bridge" };
}

function findMonitors(claim: ServiceClaim, facts: Facts, tapBridge: string, result: Services): FoundPort[] {
  return claim.ports.flatMap((wanted) => {
    const search = findPort(facts, [claim.integrationBridge, tapBridge], wanted);
    if (search.found !== undefined) return [search.found];
    const state = search.reason === "missing" ? "not plugged" : "not the only one";
    const message = `monitor port ${describePort(wanted)} is ${state}`;
    result.problems.push({ owner: claim.owner, code: "port-missing", message });
    return [];
  });
}

function refuseTwice(services: readonly ServiceClaim[], result: Services): void {
  for (const claim of services) {
    for (const other of services) {
      if (other.owner === claim.owner || other.tunnelId !== claim.tunnelId) continue;
      result.problems.push({
        owner: claim.owner,
        code: "tunnel-id-taken",
        message: `tunnel id ${claim.tunnelId} belongs to ${other.owner} on this host`,
        hint: "Give this TapService another tunnelId",
      });
    }
  }
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
    problems: [],
  };
  refuseTwice(staying, result);
  for (const claim of staying) {
    const monitors = findMonitors(claim, facts, tapBridge, result);
    result.deliveries.set(
      claim.tunnelId,
      monitors.length === 0
        ? { claim, monitors, deliver: () => [] }
        : renderDelivery(claim, monitors, tapBridge, result),
    );
  }
  for (const claim of services) {
    if (claim.leaving !== undefined) sendHome(claim, facts, tapBridge, result);
  }
  return result;
}
