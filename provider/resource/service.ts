import { integrationBridgeOf } from "../converge/access";
import { converge } from "../converge/converge";
import { deleteResource } from "../converge/deleteResource";
import type { Draft } from "../converge/edit";
import { placeOf } from "../converge/hosts";
import type { Steps } from "../converge/intent";
import type { Abandoned } from "../converge/leftovers";
import type { Look } from "../converge/look";
import { TaasError } from "../errors";
import { stackOf } from "../model/identity";
import { flowsInto, isOneService, serviceFinder } from "../model/serviceNames";
import { printableLine } from "../printable";
import type { Claim } from "../schema/claim";
import { pick } from "../schema/options";
import { type FoundIfaceIds, foundIfaceIds, type PortInput, withFoundIfaceId } from "../schema/port";
import { monitorOptions, type ServiceInputs, serviceInputs } from "../schema/service";
import { type Context, presentCandidates, remainingHosts } from "./context";
import { candidatesOf } from "./ends";
import { knownIfaceIds, monitorNameOf, type Presence, presenceAt, seekMonitor, WAITING_HINT } from "./found";
import { incarnationOf } from "./incarnation";
import { locate } from "./locate";
import { type End, readEnds } from "./read";
import type { Properties, Resource } from "./resource";
import { serviceChecks } from "./serviceChecks";
import { driftedStatus } from "./status";

type ServiceDraft = Extract<Draft, { kind: "service" }>;

/** The monitors of a service on a host. */
function portsOf(inputs: ServiceInputs): PortInput[] {
  return inputs.ports ?? (inputs.port === undefined ? [] : [inputs.port]);
}

function portNames(look: Look, ports: readonly PortInput[]): string {
  return ports
    .map((wanted) => monitorNameOf(look, wanted))
    .filter((name) => name !== "")
    .join(",");
}

/** The service's claim on a host. */
function claimOf(inputs: ServiceInputs, ports: PortInput[], { record }: Look): ServiceDraft {
  const { owner, tunnelId } = inputs;
  const integrationBridge = integrationBridgeOf(record);
  const options = pick(monitorOptions, inputs);
  return { format: 1, kind: "service", owner, integrationBridge, tunnelId, ...options, ports };
}

/** What an operation found out about a service. */
interface ServiceResult {
  /** The names of the monitors that are plugged. */
  portName: string;
  /** What to report about the others. */
  missing: string[];
  ifaceIds: FoundIfaceIds | undefined;
}

/** The service as it was before an update. */
interface Previous {
  inputs: ServiceInputs;
  portName: unknown;
  ifaceIds: FoundIfaceIds | undefined;
  token: string;
}

function presenceOf(inputs: ServiceInputs, previous: ServiceInputs | undefined): Presence {
  const place = (service: ServiceInputs) => ({ ports: portsOf(service), hosts: candidatesOf(service) });
  return presenceAt(place(inputs), previous === undefined ? undefined : place(previous));
}

/** The host of the service's claim, from the looks at its candidates. */
function planService(
  inputs: ServiceInputs,
  looks: readonly Look[],
  previous: Previous | undefined,
): Steps<ServiceResult> {
  const ports = portsOf(inputs).map((port) => withFoundIfaceId(port, previous?.ifaceIds));
  const owner = previous?.inputs.owner ?? inputs.owner;
  const presence = presenceOf(inputs, previous?.inputs);
  const seen = locate(looks, ports[0]!, ({ read }) => read.claims.has(owner), presence);
  const sought = ports.map((wanted) => seekMonitor(seen, wanted, presence));
  const names = sought.flatMap(({ found }) => found?.port.name ?? []);
  const claimed = sought.map((one) => one.claimed);
  const missing = sought.flatMap((one) => one.missing ?? []);
  const result = { portName: printableLine(names.join(",")), missing, ifaceIds: foundIfaceIds(claimed) };
  return { rounds: [[{ seen, draft: claimOf(inputs, claimed, seen) }]], result };
}

/** Puts the service's claim on its host. A collector has no claim of its own. */
async function put(
  context: Context,
  inputs: ServiceInputs,
  previous?: Previous,
  replaced?: string,
): Promise<Properties> {
  const incarnation = incarnationOf(context, inputs, previous, replaced);
  const candidates = candidatesOf(inputs);
  if (candidates.length === 0)
    return { ...inputs, portName: "", status: "active", incarnation: incarnation.token };
  const hosts = presentCandidates(context, candidates);
  const required = presenceOf(inputs, previous?.inputs) === "required";
  const { portName, missing, ifaceIds } = await converge({
    ...incarnation,
    hosts,
    oldHosts: remainingHosts(context, [...candidates, ...candidatesOf(previous?.inputs ?? {})]),
    attachTimeout: required ? inputs.attachTimeout : 0,
    plan: async (seen) =>
      planService(
        inputs,
        hosts.map((host) => seen.get(placeOf(host))!),
        previous,
      ),
  });
  for (const what of missing) context.warn(`${inputs.owner} waits: ${what}. ${WAITING_HINT}`);
  const status = missing.length === 0 ? "active" : driftedStatus(missing);
  const outs = {
    ...inputs,
    portName: portName || (previous?.portName ?? ""),
    status,
    incarnation: incarnation.token,
  };
  return ifaceIds === undefined ? outs : { ...outs, ifaceIds };
}

/**
 * Flows on a host that still send to the service. Those of other stacks prevent its deletion; those of its own stack
 * are leftovers and are deleted with it.
 */
function flowsWithout(look: Look, state: ServiceInputs, token: string): Abandoned[] {
  if (look.read.claims.get(state.owner)?.token !== token) return [];
  const serviceOf = serviceFinder(look.read.claims.values());
  const flows = flowsInto(look.read.claims.values()).filter((flow) => serviceOf(flow)?.owner === state.owner);
  const others = flows.filter((flow) => stackOf(flow.owner) !== stackOf(state.owner));
  const named = { service: state.owner, tunnelId: state.tunnelId };
  const isMeant = (claim: Claim) =>
    claim.kind === "flow" &&
    claim.destination === look.facts.machine &&
    stackOf(claim.owner) === stackOf(state.owner) &&
    isOneService(claim, named);
  if (others.length === 0) return flows.map((claim) => ({ seen: look, claim, isMeant }));
  throw new TaasError(
    `tap service ${state.owner} is still used by ${others.map((flow) => flow.owner).join(", ")}`,
    {
      code: "service-in-use",
      host: look.record.name,
      hint: "In the stacks that created them, destroy those TapFlows, or run up if this service has moved; then run this again",
    },
  );
}

/** TapService: VM ports that receive copies, or a collector outside the cloud. */
export const tapService: Resource = {
  ...serviceChecks,
  async create(context, properties, replaced) {
    const inputs = serviceInputs.parse(properties);
    const outs = await put(context, inputs, undefined, replaced);
    return { id: inputs.owner, outs };
  },
  async update(context, olds, news) {
    const inputs = serviceInputs.parse(news);
    const { portName, incarnation } = olds;
    const known = { portName, ifaceIds: knownIfaceIds(olds) };
    const previous = { inputs: serviceInputs.parse(olds), ...known, token: String(incarnation) };
    return { outs: await put(context, inputs, previous) };
  },
  async read(context, id, state) {
    const inputs = serviceInputs.parse(state);
    const ports = portsOf(inputs).map((port) => withFoundIfaceId(port, knownIfaceIds(state)));
    const end: End = {
      candidates: candidatesOf(inputs),
      port: () => ports[0],
      portNames: (look) => portNames(look, ports),
    };
    const expected = async (holders: ReadonlyMap<End, Look>) =>
      [...holders.values()].map((seen) => ({ seen, draft: claimOf(inputs, ports, seen) }));
    return readEnds({ context, id, state, inputs, ends: [end], active: () => "active", expected });
  },
  async delete(context, state) {
    const inputs = serviceInputs.parse(state);
    const token = String(state.incarnation);
    const hosts = remainingHosts(context, candidatesOf(inputs));
    if (hosts.length === 0) return;
    await deleteResource({
      reach: context,
      owner: inputs.owner,
      token,
      hosts,
      first: (looks) => ({
        abandoned: [...looks.values()].flatMap((look) => flowsWithout(look, inputs, token)),
      }),
    });
  },
};
