import { type FoundPort, findPort } from "../../../provider/model/findPort";
import { matching } from "../../../provider/model/selectPorts";
import { isVmPort } from "../../../provider/model/vmPort";
import type { Facts } from "../../../provider/ovs/facts";
import type { PortInput } from "../../../provider/schema/port";
import type { PortSelector } from "../../../provider/schema/selector";
import type { HostRow, ServiceRow, TapRow } from "../../api/rows";
import type { Users } from "./users";

/** Who is looking, and what they may see. */
export interface Viewer {
  user: string;
  role: "admin" | "tenant" | "viewer";
  /** For the role `tenant`: the only tenant whose resources are visible. */
  tenant?: string;
  /** For the role `tenant`: ports that may be tapped. */
  ports: readonly PortSelector[];
}

/** The one operator of a console without users. */
export const OPERATOR: Viewer = { user: "operator", role: "admin", ports: [] };

/** The viewer whom a proxy names; undefined if the file does not contain them. */
export function viewerOf(users: Users, name: string): Viewer | undefined {
  const known = Object.hasOwn(users.users, name) ? users.users[name] : undefined;
  if (known === undefined) return undefined;
  if (known.role !== "tenant") return { user: name, role: known.role, ports: [] };
  const ports = Object.hasOwn(users.ports, known.tenant) ? users.ports[known.tenant]! : [];
  return { user: name, role: "tenant", tenant: known.tenant, ports };
}

/** Whether a viewer sees something with this tenant. A tenant sees only what names that tenant. */
export function sees({ role, tenant }: Viewer, what: { tenant?: string | undefined }): boolean {
  return role !== "tenant" || what.tenant === tenant;
}

/** Tells whether a viewer may tap a port of a host, or have it as a monitor. */
export function mayUsePorts({ role, ports }: Viewer, facts: Facts): (found: FoundPort) => boolean {
  if (role !== "tenant") return ({ port }) => isVmPort(port, facts);
  const allowed = ports.map((selector) => matching(selector, { facts, bridges: bridgesOf(facts) }));
  return (found) => allowed.some((matches) => matches(found));
}

function bridgesOf({ bridges }: Facts): string[] {
  return bridges.map(({ name }) => name);
}

/** A VM's port on any bridge of a host, if a viewer may tap it or use it as a monitor. */
export function findPortFor(viewer: Viewer, facts: Facts, wanted: PortInput): FoundPort | undefined {
  const { found } = findPort(facts, bridgesOf(facts), wanted);
  return found !== undefined && mayUsePorts(viewer, facts)(found) ? found : undefined;
}

/** What something waits for, as a viewer may read it: a tenant is not told who else is working on what. */
export function waitsForAs({ role }: Viewer, waitsFor: string): string {
  return role === "tenant" ? "another run" : waitsFor;
}

/** All taps and services, regardless of who may see them. */
export interface Named {
  taps: readonly TapRow[];
  services: readonly ServiceRow[];
}

/**
 * A host as a viewer sees it; for a tenant, whether it is reachable, and how many taps and services of the tenant it
 * has.
 */
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

/** Something that may wait, with what it waits for as a viewer may read it. */
export function waiting<Told extends { waitsFor?: string }>(viewer: Viewer, told: Told): Told {
  const { waitsFor } = told;
  return waitsFor === undefined ? told : { ...told, waitsFor: waitsForAs(viewer, waitsFor) };
}
