import type { FoundPort } from "../../../provider/model/findPort";
import { readExpression } from "../../../provider/schema/expression/expression";
import type { Edit, Monitor, PortRef } from "../../api";
import type { Live } from "../live/live";
import { refOf } from "../live/moveCode";
import { addResource, deleteResource, type NewResource } from "../program/edit";
import {
  type Program,
  type ProgramResource,
  programResources,
  readProgram,
  type StackIdentity,
} from "../program/program";
import { forbidden, invalid, notFound, Refusal } from "../refusal";
import { findPortFor, sees, type Viewer } from "../roles/viewer";

/** What an edit is checked against. */
export interface Ground {
  live: Live;
  identity: StackIdentity;
}

/** An edit as it changes the program's text, and in words. */
export interface Edited {
  text: string;
  what: string;
}

/**
 * The program's text with an edit. Errors: Refusals, for what is not there or not the viewer's (the same answer for both), for ports that are a
 * tenant's no more, and for what the program cannot have.
 */
export function applyEdit(edit: Edit, text: string, viewer: Viewer, ground: Ground): Edited {
  const program = readProgram(text);
  switch (edit.kind) {
    case "apply":
      return { text, what: "apply the program" };
    case "deleteTap":
      return deleted(edit.id, "tap", program, viewer, ground);
    case "deleteService":
      return deleted(edit.id, "service", program, viewer, ground);
    case "createService":
      return {
        text: addResource(program, newService(edit.name, edit, edit.description, viewer, ground)),
        what: `create service ${edit.name}`,
      };
    case "createTap":
      return { text: withTap(edit, program, viewer, ground), what: `create tap ${edit.name}` };
  }
}

function deleted(
  id: string,
  what: "tap" | "service",
  program: Program,
  viewer: Viewer,
  ground: Ground,
): Edited {
  const { taps, services } = ground.live.all;
  const row = [...(what === "tap" ? taps : services)].find((candidate) => candidate.id === id);
  if (row === undefined || !sees(viewer, row)) throw notFound(what);
  const resource = programResources(program, ground.identity).find(({ owner }) => owner === row.owner);
  if (resource !== undefined && !isOf(viewer, resource)) throw notFound(what);
  if (resource === undefined)
    throw forbidden(
      `${what} ${row.name} is not in this program: it belongs to the stack ${row.stack}`,
      "Delete it there, or take it over first",
    );
  return { text: deletedFor(viewer, program, resource.key), what: `delete ${what} ${row.name}` };
}

/** Whether a resource of the program is a viewer's to change. Its row has the tenant that a host tells; the program is believed before the host. */
function isOf(viewer: Viewer, { properties: { tenant } }: ProgramResource): boolean {
  const isExpression = typeof tenant === "string" && tenant.includes("${");
  return isExpression || sees(viewer, { tenant: typeof tenant === "string" ? tenant : undefined });
}

/** Where else the program names a resource is not a tenant's to know. */
function deletedFor(viewer: Viewer, program: Program, key: string): string {
  try {
    return deleteResource(program, key);
  } catch (error) {
    if (viewer.role !== "tenant" || !(error instanceof Refusal) || error.body.code !== "in-use") throw error;
    throw new Refusal(409, { ...error.body, message: `other parts of the program use ${key}` });
  }
}

type CreateTap = Extract<Edit, { kind: "createTap" }>;

function withTap(edit: CreateTap, program: Program, viewer: Viewer, ground: Ground): string {
  const { name, service, host, port, direction, filter = "", until, description } = edit;
  const reading = filter.trim() === "" ? undefined : readExpression(filter);
  if (reading !== undefined && "reason" in reading) throw invalid(reading.reason, "filter");
  const found = allowedPort(host, port, "port", viewer, ground);
  const isNew = "create" in service;
  const base = isNew
    ? readProgram(
        addResource(program, newService(service.create.name, service.create, undefined, viewer, ground)),
      )
    : program;
  return addResource(base, {
    key: name,
    type: "taas:TapFlow",
    properties: {
      service: isNew ? `\${${service.create.name}.ref}` : serviceRef(service.id, program, viewer, ground),
      host: literal(host),
      port: portOf(port, found),
      ...(direction === "both" ? {} : { direction }),
      ...(reading === undefined ? {} : { filter: literal(filter.trim()) }),
      ...(until === undefined ? {} : { until }),
      ...labels(description, viewer),
    },
  });
}

function labels(description: string | undefined, { tenant }: Viewer): Record<string, string> {
  return {
    ...(tenant === undefined ? {} : { tenant: literal(tenant) }),
    ...(description === undefined || description === "" ? {} : { description: literal(description) }),
  };
}

/** A service of this program by its output, one of another stack by what its `ref` is. */
function serviceRef(id: string, program: Program, viewer: Viewer, { live, identity }: Ground): unknown {
  const row = live.all.services.find((candidate) => candidate.id === id);
  if (row === undefined || !sees(viewer, row)) throw notFound("service");
  const own = programResources(program, identity).find(({ owner }) => owner === row.owner);
  if (own !== undefined && !isOf(viewer, own)) throw notFound("service");
  if (own !== undefined) return `\${${own.key}.ref}`;
  const end = live.ends.services.get(row.owner);
  if (end !== undefined) return literals(refOf(end));
  throw invalid(
    `service ${row.name} of the stack ${row.stack} is a collector, which no host knows enough of`,
    "service",
    "Use its exported ref in the program itself",
  );
}

function newService(
  name: string,
  { host, port, collector }: Monitor,
  description: string | undefined,
  viewer: Viewer,
  ground: Ground,
): NewResource {
  const type = "taas:TapService";
  if (collector !== undefined) {
    if (host !== undefined || port !== undefined)
      throw invalid("a collector has neither host nor port", "monitor");
    if (viewer.role === "tenant")
      throw forbidden("copies may leave for a collector only where an admin says so");
    return { key: name, type, properties: { collector, ...labels(description, viewer) } };
  }
  if (host === undefined || port === undefined)
    throw invalid("a service has a host and a port, or a collector", "monitor");
  const found = allowedPort(host, port, "monitor", viewer, ground);
  return {
    key: name,
    type,
    properties: { host: literal(host), port: portOf(port, found), ...labels(description, viewer) },
  };
}

/** A port that is there, on a host of the inventory, and that the viewer may use. */
function allowedPort(host: string, ref: PortRef, field: string, viewer: Viewer, { live }: Ground): FoundPort {
  const view = live.views.find(({ record }) => record.name === host);
  if (view === undefined) throw invalid(`there is no host ${host} in the inventory`, "host");
  if (view.at === undefined)
    throw invalid(`host ${host} has not answered yet`, "host", "Try again in a moment");
  if (view.inspection === undefined || view.error !== undefined)
    throw invalid(`host ${host} does not answer`, "host", "Try again when it is reachable");
  const found = findPortFor(viewer, view.inspection.facts, "port" in ref ? ref.port : ref);
  if (found === undefined)
    throw invalid(`there is no such port on host ${host}`, field, "Choose one of the list");
  return found;
}

/** A port as the program names it. */
function portOf(ref: PortRef, { port }: FoundPort): unknown {
  return "port" in ref ? literal(port.name) : literals(ref);
}

/** Text as Pulumi's YAML takes it for itself: no expression is read out of it. */
function literal(text: string): string {
  // In a replacement that is text, `$$` stands for one `$`.
  return text.replaceAll("${", () => "$${");
}

function literals(value: object): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === "string" ? literal(inner) : inner,
  );
}
