import type { ChangeSummary } from "../../console/api/changes";
import type { HostRow, ServiceRow, TapRow } from "../../console/api/rows";

/** The stack whose program the console has, and another one. */
export const STACK = "acme/taps/prod";
export const OTHER = "acme/security/prod";

/** A time so many minutes from now. */
export function inMinutes(minutes: number): string {
  return new Date(Date.now() + minutes * 60_000).toISOString();
}

export function tapRow(part: Partial<TapRow> & { name: string }): TapRow {
  const { name } = part;
  return {
    id: `${STACK}/TapFlow/${name}`,
    owner: `${STACK}/TapFlow/${name}`,
    host: "compute1",
    vm: name,
    vnic: 0,
    port: `tap-${name}`,
    service: "ids",
    serviceId: `${STACK}/TapService/ids`,
    monitor: "tap-ids on compute2",
    direction: "both",
    filter: "",
    state: "active",
    stack: STACK,
    own: true,
    copiesPerSecond: 120,
    changedAt: inMinutes(-90),
    changedBy: "ada",
    ...part,
  };
}

export function serviceRow(part: Partial<ServiceRow> & { name: string }): ServiceRow {
  const { name } = part;
  return {
    id: `${STACK}/TapService/${name}`,
    owner: `${STACK}/TapService/${name}`,
    host: "compute2",
    monitor: `tap-${name} on compute2`,
    tunnelId: 4_711_203,
    state: "active",
    stack: STACK,
    own: true,
    taps: 0,
    delivered: 18_204,
    perSecond: 412,
    kind: "port",
    changedAt: inMinutes(-3000),
    changedBy: "ada",
    ...part,
  };
}

export function hostRow(part: Partial<HostRow> & { name: string }): HostRow {
  return {
    address: "192.0.2.11",
    state: "reachable",
    ovsVersion: "3.1.0",
    keeper: "running",
    drift: [],
    mirrorsUsed: 5,
    mirrorsLimit: 32,
    foreignMirrors: [],
    taps: 3,
    services: 1,
    lookedAt: inMinutes(-0.1),
    ...part,
  };
}

export function change(part: Partial<ChangeSummary> & { id: string }): ChangeSummary {
  return { at: inMinutes(-12), by: "ada", what: "Create the tap web", outcome: "succeeded", ...part };
}
