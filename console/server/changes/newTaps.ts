import { readExpression } from "../../../provider/schema/expression/expression";
import type { Edit } from "../../api/edit";
import type { ServiceRow } from "../../api/rows";
import { type Ends, hostsOf, rivalsOf, type ServiceEnd } from "../live/ends";
import { refOf } from "../live/moveCode";
import { servicesIn } from "../program/declared";
import { addResources } from "../program/edit";
import { literal, literals } from "../program/literal";
import { ownStack, type Program, programResources } from "../program/program";
import { forbidden, invalid, notFound } from "../refusal";
import { sees, type Viewer } from "../roles/viewer";
import { allowedPort, answeringHost, type Ground, isOf } from "./ground";
import { newService } from "./newService";
import { labels, portOf } from "./written";

type CreateTap = Extract<Edit, { kind: "createTap" }>;
type CreateGroup = Extract<Edit, { kind: "createGroup" }>;

/** The text of a program with one more tap, and with its service if that is new. */
export function withTap(edit: CreateTap, program: Program, viewer: Viewer, ground: Ground): string {
  const { name, host, port } = edit;
  const found = allowedPort(host, port, "port", viewer, ground);
  const source = { host: literal(host), port: portOf(port, found) };
  return withTaps(new Map([[name, source]]), edit, program, viewer, ground);
}

/** The same with one tap a host. What a selector matches later is unknown, so that no tenant may use one. */
export function withGroup(edit: CreateGroup, program: Program, viewer: Viewer, ground: Ground): string {
  const { name, hosts, ports } = edit;
  if (viewer.role === "tenant")
    throw forbidden("only an admin taps all ports that match", "Choose one port of the list");
  const sources = new Map<string, object>();
  const different = new Set(hosts);
  for (const host of different) {
    answeringHost(host, ground);
    const key = different.size === 1 ? name : `${name}-${host.replace(/[^A-Za-z0-9_-]+/g, "-")}`;
    if (sources.has(key)) throw invalid(`two of the hosts would give a tap the name ${key}`, "hosts");
    sources.set(key, { host: literal(host), ports: literals(ports, "ports") });
  }
  return withTaps(sources, edit, program, viewer, ground);
}

/** `sources`: where each tap copies from, by its name. */
function withTaps(
  sources: ReadonlyMap<string, object>,
  edit: CreateTap | CreateGroup,
  program: Program,
  viewer: Viewer,
  ground: Ground,
): string {
  const { service: target } = edit;
  const treatment = treatmentOf(edit, viewer);
  const added =
    "create" in target ? [newService(target.create.name, target.create, undefined, viewer, ground)] : [];
  const service =
    "create" in target ? `\${${target.create.name}.ref}` : serviceRef(target.id, program, viewer, ground);
  const taps = [...sources].map(([key, source]) => ({
    key,
    type: "taas:TapFlow",
    properties: { service, ...source, ...treatment },
  }));
  return addResources(program, ...added, ...taps);
}

/** What is copied and for how long, without what is the default. */
function treatmentOf(edit: CreateTap | CreateGroup, viewer: Viewer): Record<string, unknown> {
  const { direction, filter = "", sampling, until, description } = edit;
  const reading = filter.trim() === "" ? undefined : readExpression(filter);
  if (reading !== undefined && "reason" in reading) throw invalid(reading.reason, "filter");
  return {
    ...(direction === "both" ? {} : { direction }),
    ...(reading === undefined ? {} : { filter: literal(filter.trim()) }),
    ...(sampling === undefined ? {} : { sampling }),
    ...(until === undefined ? {} : { until }),
    ...labels(description, viewer),
  };
}

/** A service of this program by its output, one of another stack by what its `ref` is. */
function serviceRef(id: string, program: Program, viewer: Viewer, { live, identity }: Ground): unknown {
  const row = live.all.services.find((candidate) => candidate.id === id);
  if (row === undefined || !sees(viewer, row)) throw notFound("service");
  const services = servicesIn(programResources(program, identity));
  const own = services.of(row.owner);
  if (own !== undefined && !isOf(viewer, own)) throw notFound("service");
  if (own !== undefined) return `\${${own.key}.ref}`;
  if (services.lacks(row, ownStack(program, identity)))
    throw invalid(
      `service ${row.name} is no longer in the program, so the next run deletes it`,
      "service",
      "Choose another service",
    );
  return literals(refOf(soleEnd(row, live.ends)));
}

/** Where a service of another stack is. Throws a Refusal where that is not certain, because copies are sent there. */
function soleEnd({ name, owner, stack }: ServiceRow, { services }: Ends): ServiceEnd {
  const end = services.get(owner);
  const hint = "Use its exported ref in the program itself";
  if (end === undefined)
    throw invalid(
      `service ${name} of the stack ${stack} is a collector, which no host knows enough of`,
      "service",
      hint,
    );
  if (rivalsOf(end).length === 0) return end;
  const hosts = hostsOf([end, ...end.others]);
  throw invalid(
    `service ${name} of the stack ${stack} is claimed on several hosts: ${hosts}`,
    "service",
    hint,
  );
}
