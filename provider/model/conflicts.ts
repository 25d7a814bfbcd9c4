import type { Facts, PortFacts } from "../ovs/facts";
import type { Claim, FlowClaim } from "../schema/claim";
import { unsafeCaps } from "./caps";
import type { Delivery } from "./delivery";
import type { Problem } from "./desired";
import { findPort } from "./findPort";
import { tappingOf } from "./groups";
import { missingBridge } from "./missingBridge";
import { monitorPortClaims, presentMonitorPort } from "./monitorPorts";
import { arrivesHere, flowsInto, serviceFinder, servicesAmong } from "./serviceNames";
import type { Services } from "./services";

/**
 * What has to fit together on a host: the tapped ports that are plugged, and the ports that copies are delivered to.
 */
interface Meeting {
  taps: { owner: string; port: PortFacts }[];
  deliveries: Delivery[];
}

function meetingOf(claims: readonly Claim[], facts: Facts, tapBridge: string, services: Services): Meeting {
  const taps = claims.flatMap((flow) => {
    // A selector never matches a monitor.
    const source = tappingOf(flow)?.source;
    if (source?.port === undefined) return [];
    const { found } = findPort(facts, [source.integrationBridge, tapBridge], source.port);
    return found === undefined ? [] : [{ owner: flow.owner, port: found.port }];
  });
  return { taps, deliveries: [...new Set(services.deliveries.values())] };
}

/** A monitor that is tapped would be sent its own copies endlessly. Each resource's problem names the other one. */
function loops({ taps, deliveries }: Meeting): Problem[] {
  return taps.flatMap(({ owner, port }) =>
    deliveries
      .filter(({ monitors }) => monitors.some((monitor) => monitor.port.uuid === port.uuid))
      .flatMap(({ claim }) => [
        {
          owner,
          code: "source-is-monitor",
          message: `port ${port.name} is the monitor of ${claim.owner} and cannot be tapped`,
          hint: "Tap another port, or delete that TapService first",
        },
        {
          owner: claim.owner,
          code: "monitor-is-source",
          message: `port ${port.name} is tapped by ${owner} and cannot become a monitor`,
          hint: "Choose another port, or delete that TapFlow first",
        },
      ]),
  );
}

/** A monitor port is always on the tap bridge. It receives copies there, and there is nothing to tap. */
function misusedMonitorPorts(
  claims: readonly Claim[],
  facts: Facts,
  tapBridge: string,
  { taps, deliveries }: Meeting,
): Problem[] {
  return monitorPortClaims(claims).flatMap((claim): Problem[] => {
    const monitorPort = presentMonitorPort(claim, facts, tapBridge)?.port;
    if (monitorPort === undefined) return [];
    const { uuid, name } = monitorPort;
    const backwards = deliveries.filter(
      ({ claim: service, monitors }) =>
        service.attachment === "integration-bridge" && monitors.some(({ port }) => port.uuid === uuid),
    );
    return [
      ...taps
        .filter(({ port }) => port.uuid === uuid)
        .map(({ owner }) => ({
          owner,
          code: "source-is-monitor" as const,
          message: `port ${name} is the monitor port ${claim.owner} and cannot be tapped`,
          hint: "Tap another port",
        })),
      ...backwards.map(({ claim: { owner } }) => ({
        owner,
        code: "monitor-attachment-differs" as const,
        message: `port ${name} is the monitor port ${claim.owner}, which is always on ${tapBridge}`,
        hint: 'Leave attachment out, or set it to "tap-bridge"',
      })),
    ];
  });
}

/**
 * The service that a flow sends to must be on the flow's destination host and accept it; the service that it is moving
 * away from may be gone.
 */
export function findUnserved(claims: readonly Claim[], services: Services): Problem[] {
  const flows = claims.filter((claim): claim is FlowClaim => claim.kind === "flow");
  return flows.flatMap((flow): Problem[] => {
    if (!arrivesHere(flow)) return [];
    const delivery = services.deliveries.get(flow.tunnelId);
    if (delivery === undefined) {
      return [
        {
          owner: flow.owner,
          code: "service-missing",
          message: `tap service ${flow.service} with tunnel id ${flow.tunnelId} is not on this host`,
          hint: "Create the TapService first, or pass its current ref",
        },
      ];
    }
    const { tenant, allowCrossTenant } = delivery.claim;
    if (tenant === flow.tenant || allowCrossTenant === true) return [];
    return [
      {
        owner: flow.owner,
        code: "tenant-differs",
        message: `tap service ${delivery.claim.owner} belongs to tenant ${tenant ?? "(none)"}, the flow to tenant ${flow.tenant ?? "(none)"}`,
        hint: "Give both the same tenant, or set allowCrossTenant on the TapService",
      },
    ];
  });
}

/**
 * A service must not receive copies of flows that still use its tunnel id because their own service had it before. The
 * problem is that of the service and of the flows: whichever is written last is refused.
 */
export function findFormerIds(claims: readonly Claim[]): Problem[] {
  const serviceOf = serviceFinder(claims);
  const behind = flowsInto(claims).flatMap((flow) => {
    const service = serviceOf(flow);
    return service === undefined || service.tunnelId === flow.tunnelId ? [] : [{ flow, service }];
  });
  return servicesAmong(claims).flatMap((claim): Problem[] => {
    const others = behind.filter(({ flow }) => flow.tunnelId === claim.tunnelId);
    if (others.length === 0) return [];
    return [
      {
        owner: claim.owner,
        code: "tunnel-id-taken",
        message: `tunnel id ${claim.tunnelId} is still used by ${others.map(({ flow }) => flow.owner).join(", ")}, whose service now has another`,
        hint: "Run up in the stacks of those TapFlows first, or give this TapService another tunnelId",
      },
      ...others.map(
        ({ flow, service }): Problem => ({
          owner: flow.owner,
          code: "tunnel-id-taken",
          message: `tunnel id ${flow.tunnelId} is that of ${claim.owner}; ${service.owner}, for which the flow is meant, now has ${service.tunnelId}`,
          hint: "Pass the TapService's current ref",
        }),
      ),
    ];
  });
}

/** The bridges that claims rely on must exist and have the same datapath. */
function bridges(claims: readonly Claim[], facts: Facts, tapBridge: string): Problem[] {
  const tap = facts.bridges.find((bridge) => bridge.name === tapBridge);
  return claims.flatMap((claim): Problem[] => {
    const name =
      claim.kind === "flow" || claim.kind === "capture"
        ? claim.source?.integrationBridge
        : claim.integrationBridge;
    if (name === undefined) return [];
    const missing = missingBridge(facts, name);
    if (missing !== undefined) return [{ owner: claim.owner, code: "bridge-missing", ...missing }];
    const integration = facts.bridges.find((bridge) => bridge.name === name)!;
    if (tap !== undefined && (tap.datapathType || "system") !== (integration.datapathType || "system")) {
      return [
        {
          owner: claim.owner,
          code: "datapath-differs",
          message: `bridge ${tapBridge} has datapath_type ${tap.datapathType || "system"} and ${name} has ${integration.datapathType || "system"}: patch ports do not connect them`,
          hint: `Name another bridge with the host's tapBridge, or set the type: ovs-vsctl set Bridge ${tapBridge} datapath_type=${integration.datapathType || "system"}`,
        },
      ];
    }
    return [];
  });
}

/** Everything that a host's claims ask for and that cannot be combined. */
export function findConflicts(
  claims: readonly Claim[],
  facts: Facts,
  tapBridge: string,
  services: Services,
): Problem[] {
  const meeting = meetingOf(claims, facts, tapBridge, services);
  return [
    ...bridges(claims, facts, tapBridge),
    ...loops(meeting),
    ...misusedMonitorPorts(claims, facts, tapBridge, meeting),
    ...unsafeCaps(claims, facts),
  ];
}
