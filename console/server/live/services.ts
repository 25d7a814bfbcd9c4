import { stackOf } from "../../../provider/model/identity";
import type { FlowClaim } from "../../../provider/schema/claim";
import { portSymbol } from "../../../provider/schema/port";
import type { ServiceRow } from "../../api/rows";
import { servicesIn } from "../program/declared";
import type { ProgramResource } from "../program/program";
import { type Ends, type ServiceEnd, serviceOf, viewOf } from "./ends";
import { idOf, nameOf } from "./ids";
import { type Known, ownership } from "./known";
import { savedHost, savedState } from "./saved";
import { judge } from "./state";
import { written } from "./written";

/** Where the copies of a flow are delivered, in words. */
export function monitorOf(claim: FlowClaim, ends: Ends): string {
  if (claim.collector !== undefined) return collectorText(claim.collector);
  const service = serviceOf(claim, ends);
  if (service !== undefined) return monitorsOf(service.claim.ports, service.view.record.name);
  const far = viewOf(claim.destination, claim.owner, ends);
  return `on ${far?.record.name ?? claim.peer?.name ?? "a host that this console does not see"}`;
}

function collectorText({ address, type }: { address: string; type: string }): string {
  return `${address} (${type})`;
}

function monitorsOf(ports: readonly Parameters<typeof portSymbol>[0][], host: string): string {
  return `${ports.map(portSymbol).join(", ")} on ${host}`;
}

/** What all services have in their rows. */
type Base = Pick<ServiceRow, "id" | "name" | "owner" | "stack" | "taps">;

/** The services on all hosts, the collectors that flows send to, and services that are only in the program. */
export function serviceRows(known: Known): ServiceRow[] {
  const { ends, program = [] } = known;
  const declared = servicesIn(program);
  const feeders = feedersOf(ends);
  const base = (owner: string): Base => ({
    ...{ id: idOf(owner), name: nameOf(owner), owner, stack: stackOf(owner) },
    taps: feeders.get(owner)?.length ?? 0,
  });
  const ports = [...ends.services].map(([owner, end]) => ({ ...base(owner), ...portRow(end, ends) }));
  const collectors = [...feeders]
    .filter(([owner]) => !ends.services.has(owner))
    .flatMap(([owner, [flow]]) => collectorRow(base(owner), flow!));
  const onHosts = [...ports, ...collectors];
  const saved = declared.without(onHosts.map(({ owner }) => owner));
  const rows = [
    ...onHosts.map((row) => ownership(row, declared, known)),
    ...saved.map((resource) => savedRow(resource, base(resource.owner), known)),
  ];
  return rows.sort((a, b) => (a.owner < b.owner ? -1 : 1));
}

/** The flows into each service. */
function feedersOf({ flows }: Ends): Map<string, FlowClaim[]> {
  const feeders = new Map<string, FlowClaim[]>();
  for (const { source, far } of flows.values()) {
    const { claim } = (source ?? far)!;
    feeders.set(claim.service, [...(feeders.get(claim.service) ?? []), claim]);
  }
  return feeders;
}

function portRow(end: ServiceEnd, ends: Ends): Omit<ServiceRow, keyof Base | "own"> {
  const { claim, view, others } = end;
  return {
    ...{ kind: "port", host: view.record.name, monitor: monitorsOf(claim.ports, view.record.name) },
    tunnelId: claim.tunnelId,
    ...judge([end], others, ends),
    ...(claim.tenant === undefined ? {} : { tenant: claim.tenant }),
    ...{ changedAt: claim.time, changedBy: claim.writer },
  };
}

/** A collector writes no claim: only the flows into it are on hosts. */
function collectorRow(base: Base, { collector, tunnelId }: FlowClaim): Omit<ServiceRow, "own">[] {
  if (collector === undefined) return [];
  return [{ ...base, kind: "collector", monitor: collectorText(collector), tunnelId, state: "active" }];
}

/** A service that is only in the program. */
function savedRow(resource: ProgramResource, base: Base, known: Known): ServiceRow {
  const { collector, host, hosts, port, ports, tenant, tunnelId } = resource.properties;
  return {
    ...{ ...base, own: true, kind: collector === undefined ? "port" : "collector" },
    ...((host ?? hosts) === undefined ? {} : { host: savedHost(resource.properties) }),
    monitor: collector === undefined ? written(port ?? ports) : savedCollector(collector),
    tunnelId: typeof tunnelId === "number" ? tunnelId : 0,
    ...savedState(resource, known),
    ...(typeof tenant === "string" ? { tenant } : {}),
  };
}

/** A collector, as far as the program says it: any text may stand there while somebody writes it. */
function savedCollector(collector: unknown): string {
  if (typeof collector !== "object" || collector === null) return written(collector);
  const { address, type } = collector as { address?: unknown; type?: unknown };
  return type === undefined
    ? written(address)
    : collectorText({ address: written(address), type: written(type) });
}
