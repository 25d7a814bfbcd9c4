import { readExpression } from "../../../provider/schema/expression/expression";
import type { Edit } from "../../api";
import { refOf } from "../live/moveCode";
import { addResource } from "../program/edit";
import { type Program, programResources, readProgram } from "../program/program";
import { invalid, notFound } from "../refusal";
import { sees, type Viewer } from "../roles/viewer";
import { allowedPort, type Ground, isOf } from "./ground";
import { newService } from "./newService";
import { labels, literal, literals, portOf } from "./written";

type CreateTap = Extract<Edit, { kind: "createTap" }>;

/** The text of a program with one more tap, and with its service if that is new. */
export function withTap(edit: CreateTap, program: Program, viewer: Viewer, ground: Ground): string {
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
