import { stackOf } from "../../../provider/model/identity";
import type { FlowClaim } from "../../../provider/schema/claim";
import { portSelector, tappedBy, tappedSymbol } from "../../../provider/schema/selector";
import type { TapRow } from "../../api/rows";
import { servicesIn, tapsIn } from "../program/declared";
import type { ProgramResource } from "../program/program";
import { type End, type Ends, type FlowEnds, viewOf } from "./ends";
import { idOf, nameOf } from "./ids";
import { type Known, ownership } from "./known";
import { savedHost, savedState } from "./saved";
import { monitorOf } from "./services";
import { judge } from "./state";
import { tappedPorts } from "./tapped";
import { vmOf } from "./vms";
import { written } from "./written";

/** The taps on all hosts, and taps that are only in the program. */
export function tapRows(known: Known): TapRow[] {
  const { ends, program = [] } = known;
  const declared = tapsIn(program);
  const onHosts = [...ends.flows].map(([owner, flow]) =>
    ownership(rowOf(owner, flow, ends), declared, known),
  );
  const saved = declared.without(ends.flows.keys()).map((resource) => savedRow(resource, known));
  return [...onHosts, ...saved].sort((a, b) => (a.owner < b.owner ? -1 : 1));
}

function rowOf(owner: string, { source, far, others }: FlowEnds, ends: Ends): Omit<TapRow, "own"> {
  const { claim } = (source ?? far)!;
  const judged = judge([source, far], others, ends);
  const { until } = claim;
  const { sampling } = claim.source ?? {};
  return {
    ...{ id: idOf(owner), name: nameOf(owner), owner, stack: stackOf(owner) },
    ...sourceOf(source, claim, ends),
    service: nameOf(claim.service),
    serviceId: idOf(claim.service),
    monitor: monitorOf(claim, ends),
    direction: claim.source?.direction ?? "both",
    filter: filterLine(claim),
    ...(sampling === undefined ? {} : { oneIn: sampling.oneIn }),
    ...(source === undefined && judged.state === "active"
      ? {
          state: "unknown",
          reason: `its source is on host ${hostOf(claim)}, which this console does not see`,
        }
      : judged),
    ...(claim.tenant === undefined ? {} : { tenant: claim.tenant }),
    ...{ changedAt: claim.time, changedBy: claim.writer },
    ...(until === undefined ? {} : { until }),
  };
}

function hostOf(claim: FlowClaim): string {
  return claim.from?.name ?? claim.peer?.name ?? "";
}

function sourceOf(
  source: End<FlowClaim> | undefined,
  claim: FlowClaim,
  ends: Ends,
): Pick<TapRow, "host" | "port" | "vm" | "vnic"> {
  if (source?.claim.source === undefined) {
    const seen = claim.peer === undefined ? undefined : viewOf(claim.peer.machine, claim.owner, ends);
    return { host: seen?.record.name ?? hostOf(claim), port: "" };
  }
  const { view } = source;
  const { facts } = view.inspection;
  const [first, ...others] = tappedPorts(source);
  const vm = first === undefined || others.length > 0 ? undefined : vmOf(facts, first);
  const names = first === undefined ? "" : [first, ...others].map(({ port }) => port.name).join(", ");
  return {
    host: view.record.name,
    port: names === "" ? tappedSymbol(tappedBy(source.claim.source)) : names,
    ...(vm?.uuid === undefined ? {} : { vm: vm.name, vnic: vm.index }),
  };
}

/** A filter on one line. */
export function filterLine({ source }: Pick<FlowClaim, "source">): string {
  const { filter, defaultAction } = source ?? {};
  if (typeof filter === "string") return filter;
  const rules = (filter ?? []).map((rule) => {
    const { action, ...match } = rule;
    const parts = Object.entries(match).map(([field, value]) => `${field}=${value}`);
    return [action, ...parts].join(" ");
  });
  return [...rules, ...(defaultAction === undefined ? [] : [`else ${defaultAction}`])].join("; ");
}

/** What a tap is of, as the program has it: a selector in the words that rules have for it. */
function savedPort({ port, ports }: Readonly<Record<string, unknown>>): string {
  const selector = portSelector.safeParse(ports);
  return selector.success ? tappedSymbol(selector.data) : written(port ?? ports);
}

/** A tap that is only in the program. */
function savedRow(resource: ProgramResource, known: Known): TapRow {
  const { program = [] } = known;
  const { owner, properties } = resource;
  const service = savedService(properties, program);
  const { direction, tenant, until } = properties;
  const { oneIn } = (properties.sampling ?? {}) as { oneIn?: unknown };
  return {
    ...{ id: idOf(owner), name: nameOf(owner), owner, stack: stackOf(owner), own: true },
    ...{ host: savedHost(properties), port: savedPort(properties) },
    service: service === undefined ? written(properties.service) : nameOf(service.owner),
    ...(service === undefined ? {} : { serviceId: idOf(ownerOnHosts(service, known)) }),
    monitor: "",
    direction: direction === "ingress" || direction === "egress" ? direction : "both",
    filter: written(properties.filter),
    ...(typeof oneIn === "number" ? { oneIn } : {}),
    ...savedState(resource, known),
    ...(typeof tenant === "string" ? { tenant } : {}),
    ...(typeof until === "string" ? { until } : {}),
  };
}

/** The service of the same program that a tap of the program feeds. */
function savedService(
  { service }: Readonly<Record<string, unknown>>,
  program: readonly ProgramResource[],
): ProgramResource | undefined {
  const key = typeof service === "string" ? /^\$\{([^.[}]+)/.exec(service)?.[1] : undefined;
  return program.find((resource) => resource.key === key);
}

/** The owner of a service as its claim has it, with the types of its parents. */
function ownerOnHosts(service: ProgramResource, { ends, program = [] }: Known): string {
  const declared = servicesIn(program);
  return [...ends.services.keys()].find((owner) => declared.of(owner) === service) ?? service.owner;
}
