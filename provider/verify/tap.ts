import { encapsulationOf, outerBytes } from "../encapsulation/encapsulations";
import { describeEndpoint, endpointPort } from "../model/endpoint";
import type { FoundPort } from "../model/findPort";
import type { Group, SourceFlow } from "../model/groups";
import { type Route, routeOf } from "../model/route";
import { productionTunnel } from "../model/shared";
import type { FlowClaim, ServiceClaim } from "../schema/claim";
import type { HostView } from "./view";

/** How a tap's copies leave the host of its source. */
export type Way =
  /** To a monitor on the same host. */
  | { kind: "local" }
  /** Through a mirror tunnel, by one port at either end. `header`: bytes that it takes of the MTU on its way. */
  | { kind: "tunnel"; route: Route; port: string; text: string; header: number }
  /** Through a tunnel that production has on this bridge. */
  | { kind: "shared"; bridge: string; text: string; header: number }
  /** To a collector outside. */
  | { kind: "collector"; port: string; text: string };

/** A tap on the host of its source. */
export interface SourceEnd {
  view: HostView;
  claim: SourceFlow;
  /** The capture groups that its copies pass; none if the port that it names is not plugged. */
  groups: readonly Group[];
  /** The tapped ports that are plugged. */
  ports: readonly FoundPort[];
  way: Way;
}

/** A tap on the host of its monitor. */
export interface DestinationEnd {
  view: HostView;
  /** The flow's claim there; undefined if it is missing. */
  claim: FlowClaim | undefined;
  /** The service; undefined if its claim is missing. */
  service: ServiceClaim | undefined;
  /** The monitors that are plugged. */
  monitors: readonly FoundPort[];
  /** The port on which the tap's copies arrive, if it is a mirror tunnel of ours. */
  port: string | undefined;
}

/** Finds a tap on the host of its source. */
export function sourceEnd(view: HostView, claim: SourceFlow): SourceEnd {
  const isMember = ({ flow }: Group["members"][number]): boolean => flow.owner === claim.owner;
  const groups = view.groups.filter(({ members }) => members.some(isMember));
  const found = groups.flatMap(({ members }) => members.filter(isMember).flatMap((member) => member.ports));
  const ports = [...new Map(found.map((port) => [port.interface.uuid, port])).values()];
  return { view, claim, groups, ports, way: wayOf(view, claim) };
}

function wayOf({ look }: HostView, claim: SourceFlow): Way {
  const { facts, read } = look;
  const route = routeOf([...read.claims.values()], claim);
  if (route !== undefined) {
    const port = endpointPort(route.end);
    const text = describeEndpoint(route.end);
    const header = outerBytes(route.end.type, route.remote, route.end.erspanVersion);
    return claim.collector === undefined
      ? { kind: "tunnel", route, port, text, header }
      : { kind: "collector", port, text };
  }
  if (claim.shared === undefined || claim.peer === undefined) return { kind: "local" };
  const { bridge } = claim.shared;
  const tunnel = productionTunnel(facts, bridge, claim.peer.remote);
  const type = encapsulationOf(tunnel?.interface.type ?? "");
  const name = tunnel === undefined ? "" : `, port ${tunnel.interface.name}`;
  const header = type === undefined ? 0 : outerBytes(type, claim.peer.remote);
  return { kind: "shared", bridge, text: `production's tunnel on ${bridge}${name}`, header };
}

/** Finds a tap on the host of its monitor. `flow`: its claim on the source's host. */
export function destinationEnd(view: HostView, flow: FlowClaim): DestinationEnd {
  const { look, services } = view;
  const there = look.read.claims.get(flow.owner);
  const claim = there?.kind === "flow" ? there : undefined;
  const service = view.serviceOf(claim ?? flow);
  const delivery = services.deliveries.get((claim ?? flow).tunnelId);
  const route = claim === undefined ? undefined : routeOf([...look.read.claims.values()], claim);
  return {
    view,
    claim,
    service,
    monitors: service !== undefined && delivery?.claim.owner === service.owner ? delivery.monitors : [],
    port: route === undefined || claim?.source !== undefined ? undefined : endpointPort(route.end),
  };
}
