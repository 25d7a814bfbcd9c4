import { stackOf } from "../../../provider/model/identity";
import type { FlowClaim } from "../../../provider/schema/claim";
import { portSymbol } from "../../../provider/schema/port";
import type { ServiceRow } from "../../api/rows";
import type { ProgramResource } from "../program/program";
import type { Ends } from "./ends";
import { idOf, nameOf } from "./ids";
import { judge } from "./state";
import { written } from "./written";

/** Where the copies of a flow are delivered, in words. */
export function monitorOf(claim: FlowClaim, ends: Ends): string {
  if (claim.collector !== undefined) return collectorText(claim.collector);
  const service = ends.services.get(claim.service);
  if (service !== undefined) return monitorsOf(service.claim.ports, service.view.record.name);
  const far = ends.machines.get(claim.destination);
  return `on ${far?.record.name ?? claim.peer?.name ?? "a host that this console does not see"}`;
}

function collectorText({ address, type }: { address: string; type: string }): string {
  return `${address} (${type})`;
}

function monitorsOf(ports: readonly Parameters<typeof portSymbol>[0][], host: string): string {
  return `${ports.map(portSymbol).join(", ")} on ${host}`;
}

/** The services on all hosts, the collectors that flows send to, and services that are only in the program. */
export function serviceRows(ends: Ends, program: readonly ProgramResource[]): ServiceRow[] {
  const feeders = new Map<string, FlowClaim[]>();
  for (const { source, far } of ends.flows.values()) {
    const { claim } = (source ?? far)!;
    feeders.set(claim.service, [...(feeders.get(claim.service) ?? []), claim]);
  }
  const declared = new Set(program.map(({ owner }) => owner));
  const base = (owner: string): Pick<ServiceRow, "id" | "name" | "owner" | "stack" | "own" | "taps"> => ({
    ...{ id: idOf(owner), name: nameOf(owner), owner, stack: stackOf(owner), own: declared.has(owner) },
    taps: feeders.get(owner)?.length ?? 0,
  });
  const onHosts = [...ends.services].map(([owner, end]): ServiceRow => {
    const { claim, view } = end;
    return {
      ...base(owner),
      ...{ kind: "port", host: view.record.name, monitor: monitorsOf(claim.ports, view.record.name) },
      tunnelId: claim.tunnelId,
      ...judge([end], ends),
      ...(claim.tenant === undefined ? {} : { tenant: claim.tenant }),
      ...{ changedAt: claim.time, changedBy: claim.writer },
    };
  });
  const collectors = [...feeders].flatMap(([owner, [flow]]): ServiceRow[] => {
    const { collector, tunnelId } = flow!;
    if (collector === undefined || ends.services.has(owner)) return [];
    const monitor = collectorText(collector);
    return [{ ...base(owner), ...{ kind: "collector", monitor, tunnelId, state: "active" } }];
  });
  const seen = new Set([...onHosts, ...collectors].map(({ owner }) => owner));
  const saved = program.filter(({ kind, owner }) => kind === "TapService" && !seen.has(owner));
  const rows = [...onHosts, ...collectors, ...saved.map((each) => savedRow(each, base(each.owner)))];
  return rows.sort((a, b) => (a.owner < b.owner ? -1 : 1));
}

/** A service that is only in the program. A collector writes no claim: only the flows into it are on hosts. */
function savedRow(
  { properties }: ProgramResource,
  base: Pick<ServiceRow, "id" | "name" | "owner" | "stack" | "own" | "taps">,
): ServiceRow {
  const { collector, host, port, ports, tenant, tunnelId } = properties;
  const outside = collector as { address?: unknown; type?: unknown } | undefined;
  return {
    ...base,
    kind: outside === undefined ? "port" : "collector",
    ...(host === undefined ? {} : { host: written(host) }),
    monitor:
      outside === undefined
        ? written(port ?? ports)
        : collectorText({ address: written(outside.address), type: written(outside.type) }),
    tunnelId: typeof tunnelId === "number" ? tunnelId : 0,
    state: "saved",
    reason:
      outside === undefined
        ? "it is in the program, but not on any host yet"
        : "no tap feeds it, and a collector is only on hosts through its taps",
    ...(typeof tenant === "string" ? { tenant } : {}),
  };
}
