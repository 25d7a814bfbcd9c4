import { type FoundPort, findPort, isVmOf } from "../../../provider/model/findPort";
import { isLike } from "../../../provider/model/glob";
import { isVmPort } from "../../../provider/model/vmPort";
import type { Facts } from "../../../provider/ovs/facts";
import type { PortInput } from "../../../provider/schema/port";
import type { Event, HostRow, ServiceRow, TapRow } from "../../api";
import type { PortRule, Users } from "./users";

/** Who looks, and what they may see. */
export interface Viewer {
  user: string;
  role: "admin" | "tenant" | "viewer";
  /** Of the role `tenant`: the only one that is seen. */
  tenant?: string;
  /** Of the role `tenant`: ports that may be tapped. */
  ports: readonly PortRule[];
}

/** The one operator of a console without users. */
export const OPERATOR: Viewer = { user: "operator", role: "admin", ports: [] };

/** The viewer that a proxy names; undefined where the file does not know them. */
export function viewerOf(users: Users, name: string): Viewer | undefined {
  const known = Object.hasOwn(users.users, name) ? users.users[name] : undefined;
  if (known === undefined) return undefined;
  if (known.role !== "tenant") return { user: name, role: known.role, ports: [] };
  const ports = Object.hasOwn(users.ports, known.tenant) ? users.ports[known.tenant]! : [];
  return { user: name, role: "tenant", tenant: known.tenant, ports };
}

/** Whether a viewer sees what has this tenant. A tenant sees what says its name, and nothing that says none. */
export function sees({ role, tenant }: Viewer, what: { tenant?: string | undefined }): boolean {
  return role !== "tenant" || what.tenant === tenant;
}

/** Whether a viewer may tap a port, or have it as a monitor. */
export function maySeePort({ role, ports }: Viewer, found: FoundPort): boolean {
  if (role !== "tenant") return true;
  const { externalIds } = found.interface;
  return ports.some(
    (rule) =>
      (rule.vms?.some((vm) => isVmOf(found, vm)) ?? true) &&
      (rule.names?.some((pattern) => isLike(found.port.name, pattern)) ?? true) &&
      Object.entries(rule.externalIds ?? {}).every(([key, value]) => externalIds[key] === value),
  );
}

/** A VM's port on whichever bridge of a host, if a viewer may tap it or have it as a monitor. */
export function findPortFor(viewer: Viewer, facts: Facts, wanted: PortInput): FoundPort | undefined {
  const bridges = facts.bridges.map(({ name }) => name);
  const { found } = findPort(facts, bridges, wanted);
  return found !== undefined && isVmPort(found.port, facts) && maySeePort(viewer, found) ? found : undefined;
}

/** What something waits for, as a viewer may read it: a tenant is not told who else works on what. */
export function waitsForAs({ role }: Viewer, waitsFor: string): string {
  return role === "tenant" ? "another run" : waitsFor;
}

/** All taps and services, whoever may see them. */
export interface Named {
  taps: readonly TapRow[];
  services: readonly ServiceRow[];
}

/** A host as a viewer sees it; a tenant: whether it can be reached, and how many taps and services of the tenant it has. */
export function hostFor(viewer: Viewer, row: HostRow, { taps, services }: Named): HostRow {
  if (viewer.role !== "tenant") return row;
  const { name, address, state, mirrorsLimit } = row;
  const count = (rows: readonly { host?: string; tenant?: string }[]): number =>
    rows.filter((each) => each.host === name && sees(viewer, each)).length;
  return {
    ...{ name, address, state, mirrorsLimit, drift: [], foreignMirrors: [] },
    ...{ taps: count(taps), services: count(services) },
  };
}

/**
 * An event as a viewer may see it; undefined where nothing of it is theirs. `isOwn`: whether a change or preview is one that the viewer may see.
 */
export function eventFor(
  viewer: Viewer,
  event: Event,
  rows: Named,
  isOwn: (id: string) => boolean,
): Event | undefined {
  if (viewer.role !== "tenant") return event;
  switch (event.type) {
    // An id says nothing: what was never shown is no loss when it is gone.
    case "taps":
      return { ...event, put: event.put.filter((row) => sees(viewer, row)) };
    case "services":
      return { ...event, put: event.put.filter((row) => sees(viewer, row)) };
    case "hosts":
      return { ...event, put: event.put.map((row) => hostFor(viewer, row, rows)) };
    case "rates": {
      const { taps, services } = event;
      return {
        type: "rates",
        taps: ownOf(viewer, rows.taps, taps),
        services: ownOf(viewer, rows.services, services),
      };
    }
    case "progress": {
      const { line: _, ...progress } = event;
      return isOwn(event.change) ? progress : undefined;
    }
    case "change":
      return isOwn(event.put.id) ? { ...event, put: waiting(viewer, event.put) } : undefined;
    case "preview":
      return isOwn(event.id) ? waiting(viewer, event) : undefined;
    case "lock":
      // Who works on the stack from elsewhere is not a tenant's to know.
      return event.lock === undefined
        ? event
        : { type: "lock", lock: { by: "another run", text: "the stack is locked by another run" } };
    case "program":
    case "snapshot":
      return event;
  }
}

/** The same, with what it waits for as a viewer may read it. */
export function waiting<Told extends { waitsFor?: string }>(viewer: Viewer, told: Told): Told {
  const { waitsFor } = told;
  return waitsFor === undefined ? told : { ...told, waitsFor: waitsForAs(viewer, waitsFor) };
}

function ownOf(
  viewer: Viewer,
  rows: readonly { id: string; tenant?: string }[],
  rates: Readonly<Record<string, number>>,
): Record<string, number> {
  const own = rows.filter((row) => sees(viewer, row)).map(({ id }) => id);
  return Object.fromEntries(own.flatMap((id) => (rates[id] === undefined ? [] : [[id, rates[id]] as const])));
}
