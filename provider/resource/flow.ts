import { allOf } from "../allOf";
import { converge } from "../converge/converge";
import { deleteResource } from "../converge/deleteResource";
import { type OpenHost, placeOf } from "../converge/hosts";
import type { Steps, Target } from "../converge/intent";
import type { Inspection, Look } from "../converge/look";
import { drawToken } from "../converge/run";
import type { HostRecord } from "../host/host";
import { movingFromOf } from "../model/moving";
import { isNamed, isRenamed, serviceFinder } from "../model/serviceNames";
import type { Claim } from "../schema/claim";
import { type FlowInputs, flowInputs } from "../schema/flow";
import type { FoundIfaceIds, PortInput } from "../schema/port";
import { type Context, presentCandidates, remainingHosts } from "./context";
import { candidatesOf } from "./ends";
import { flowChecks } from "./flowChecks";
import { isOver, timeLeft, untilPassed } from "./flowEnd";
import { expectedClaims, flowTargets } from "./flowTargets";
import { knownIfaceIds, type Presence, presenceAt, WAITING_HINT } from "./found";
import { incarnationOf } from "./incarnation";
import { membersFirst } from "./members";
import { type End, readEnds } from "./read";
import type { Properties, Resource } from "./resource";
import { driftedStatus, ENDED, endedStatus } from "./status";
import { type FoundTap, knownTap, locateTap, seekTap, tappedNames } from "./tapped";

/** Whether a claim is that of a flow's source. */
function isSource(claim: Claim | undefined): boolean {
  return claim?.kind === "flow" && claim.source !== undefined;
}

/** How a flow refers to its service. */
function serviceNamed({ service, tunnelId }: FlowInputs) {
  return { service: service.owner, tunnelId };
}

/** The monitor by which a flow's service is located, according to the claims on the host of the service. */
function monitorOf(holder: Look | undefined, inputs: FlowInputs): PortInput | undefined {
  return serviceFinder(holder?.read.claims.values() ?? [])(serviceNamed(inputs))?.ports[0];
}

/** All hosts that a flow may use, those of the source first. */
function hostsOf(inputs: FlowInputs): HostRecord[] {
  return [...candidatesOf(inputs), ...candidatesOf(inputs.service)];
}

/** Names of the hosts that still have a claim of a flow. */
async function hostsWithClaim(context: Context, inputs: FlowInputs, token: unknown): Promise<string[]> {
  const records = remainingHosts(context, hostsOf(inputs));
  const looks = await allOf(records.map((record) => context.open(record).look()));
  const holders = looks.filter(({ read }) => read.claims.get(inputs.owner)?.token === token);
  return [...new Set(holders.map(({ record }) => record.name))];
}

/**
 * A flow's claim, with the current source of its copies if it has one already: while the flow moves, copies keep coming
 * from there.
 */
function moving(target: Target, owner: string, token: string | undefined): Target {
  const { seen, draft } = target;
  const standing = seen.read.claims.get(owner);
  if (draft.kind !== "flow" || standing?.kind !== "flow" || standing.token !== token) return target;
  return { seen, draft: { ...draft, movingFrom: movingFromOf(standing, draft) } };
}

function statusOf({ enabled, ports }: FlowInputs, portNames: readonly string[]): string {
  if (!enabled) return "disabled";
  return ports !== undefined && portNames.length === 0 ? "active (no port matches)" : "active";
}

/**
 * The outputs that name the tapped ports. `before`: their previous values, which are kept while a port is not plugged.
 */
function namesAsOutputs({ ports }: FlowInputs, names: readonly string[], before: Properties): Properties {
  const isGone = ports === undefined && names.length === 0;
  const portNames = isGone && Array.isArray(before.portNames) ? before.portNames : names;
  return { portName: portNames.join(","), portNames };
}

/** Whether copies are sent to a collector. */
function isOutside(inputs: FlowInputs): boolean {
  return inputs.service.collector !== undefined;
}

/** What an operation found out about a flow. */
interface FlowResult extends Pick<FoundTap, "portNames" | "missing" | "ifaceIds"> {
  warnings: string[];
}

/** The flow as it was before an update. */
interface Previous {
  inputs: FlowInputs;
  outputs: Properties;
  ifaceIds: FoundIfaceIds | undefined;
  token: string;
}

/** A disabled flow does not require its port, and neither does one that selects ports. */
function presenceOf(inputs: FlowInputs, previous: FlowInputs | undefined): Presence {
  if (!inputs.enabled || inputs.ports !== undefined) return "optional";
  const place = (flow: FlowInputs) => ({
    ports: flow.port === undefined ? [] : [flow.port],
    hosts: candidatesOf(flow),
  });
  return presenceAt(place(inputs), previous === undefined ? undefined : place(previous));
}

/** The claims of a flow, from the looks at its hosts. */
async function planFlow(
  open: OpenHost,
  inputs: FlowInputs,
  seen: ReadonlyMap<string, Look>,
  hosts: { sources: readonly HostRecord[]; destinations: readonly HostRecord[] },
  previous: Previous | undefined,
): Promise<Steps<FlowResult>> {
  const looks = (records: readonly HostRecord[]) => records.map((record) => seen.get(placeOf(record))!);
  const owner = previous?.inputs.owner ?? inputs.owner;
  const presence = presenceOf(inputs, previous?.inputs);
  const holds = ({ read }: Look) => isSource(read.claims.get(owner));
  const tap = knownTap(inputs, previous?.ifaceIds);
  const found = locateTap(looks(hosts.sources), tap, holds, presence);
  const { source, ports } = found;
  const warnings = new Set<string>();
  const reach = { open, warn: (message: string) => void warnings.add(message) };
  const destination = destinationOf(inputs, looks(hosts.destinations));
  const standing = source.read.claims.get(owner);
  const ends = { source, ports, destination, standing };
  const rounds = await flowTargets({ ...inputs, ...found.claimed }, ends, reach);
  const token = previous?.token;
  const { portNames, missing, ifaceIds } = found;
  const result = { portNames, missing, ifaceIds, warnings: [...warnings] };
  return { rounds: rounds.map((round) => round.map((target) => moving(target, owner, token))), result };
}

/**
 * The candidate that has the flow's service; undefined for a collector. If no candidate has a service of the name that the
 * flow knows, the service was renamed: it is the one of the same stack with the same tunnel id.
 */
function destinationOf<Seen extends Look>(inputs: FlowInputs, there: readonly Seen[]): Seen | undefined {
  const name = serviceNamed(inputs);
  const having = (isMeant: (claim: Claim) => boolean) =>
    there.find(({ read }) => [...read.claims.values()].some(isMeant));
  return having((claim) => isNamed(claim, name)) ?? having((claim) => isRenamed(claim, name)) ?? there[0];
}

async function put(
  context: Context,
  inputs: FlowInputs,
  previous?: Previous,
  replaced?: string,
): Promise<Properties> {
  const present = (end: Parameters<typeof candidatesOf>[0]) =>
    membersFirst(inputs.tunnel, presentCandidates(context, candidatesOf(end)));
  const sources = present(inputs);
  const destinations = isOutside(inputs) ? [] : present(inputs.service);
  const old = previous === undefined ? [] : hostsOf(previous.inputs);
  const required = presenceOf(inputs, previous?.inputs) === "required";
  const incarnation = incarnationOf(context, inputs, previous, replaced);
  const { portNames, missing, ifaceIds, warnings } = await converge({
    ...incarnation,
    hosts: [...sources, ...destinations],
    oldHosts: remainingHosts(context, [...hostsOf(inputs), ...old]),
    attachTimeout: required ? inputs.attachTimeout : 0,
    plan: (seen) => planFlow(context.open, inputs, seen, { sources, destinations }, previous),
  });
  for (const warning of warnings) context.warn(warning);
  const awaited = inputs.enabled ? missing : undefined;
  if (awaited !== undefined) context.warn(`${inputs.owner} waits: ${awaited}. ${WAITING_HINT}`);
  const status = awaited === undefined ? statusOf(inputs, portNames) : driftedStatus([awaited]);
  const outs = {
    ...inputs,
    ...namesAsOutputs(inputs, portNames, previous?.outputs ?? {}),
    status,
    incarnation: incarnation.token,
  };
  return ifaceIds === undefined ? outs : { ...outs, ifaceIds };
}

/** TapFlow: a VM port whose traffic is copied to a TapService. */
export const tapFlow: Resource = {
  ...flowChecks,
  async create(context, properties, replaced) {
    const inputs = flowInputs.parse(properties);
    const id = inputs.owner;
    if ((await timeLeft(context, inputs)) === "some")
      return { id, outs: await put(context, inputs, undefined, replaced) };
    if (context.isReplacing !== true) throw untilPassed(inputs);
    return { id, outs: { ...inputs, portName: "", portNames: [], status: ENDED, incarnation: drawToken() } };
  },
  async update(context, olds, news) {
    const inputs = flowInputs.parse(news);
    const known = { outputs: olds, ifaceIds: knownIfaceIds(olds) };
    const previous = { inputs: flowInputs.parse(olds), ...known, token: String(olds.incarnation) };
    if ((await timeLeft(context, inputs)) === "some") return { outs: await put(context, inputs, previous) };
    const hosts = remainingHosts(context, [...hostsOf(inputs), ...hostsOf(previous.inputs)]);
    await deleteResource({ reach: context, owner: previous.inputs.owner, token: previous.token, hosts });
    const { portName, portNames, incarnation, ifaceIds } = olds;
    const outs = { ...inputs, portName, portNames, status: ENDED, incarnation };
    return { outs: ifaceIds === undefined ? outs : { ...outs, ifaceIds } };
  },
  async read(context, id, state) {
    const inputs = flowInputs.parse(state);
    if (await isOver(context, inputs)) {
      const left = await hostsWithClaim(context, inputs, state.incarnation);
      return { id, props: { ...state, status: endedStatus(left) }, inputs };
    }
    const tap = knownTap(inputs, knownIfaceIds(state));
    let names: string[] = [];
    const [tapped, monitors]: [End, End] = [
      {
        candidates: candidatesOf(inputs),
        isOf: isSource,
        port: () => tap.port,
        portNames: (look) => {
          names = tappedNames(look, tap);
          return names.join(",");
        },
      },
      {
        candidates: candidatesOf(inputs.service),
        isOf: (claim, { facts }) => claim.kind === "flow" && claim.destination === facts.machine,
        port: (holder) => monitorOf(holder, inputs),
      },
    ];
    const expected = async (holders: ReadonlyMap<End, Inspection>, inspected: readonly Inspection[]) => {
      const source = holders.get(tapped);
      const places = new Set(monitors.candidates.map(placeOf));
      const there = inspected.filter(({ record }) => places.has(placeOf(record)));
      const destination = destinationOf(inputs, there);
      if (source === undefined || (destination === undefined) !== isOutside(inputs)) return [];
      const { ports } = seekTap(source, tap, "optional");
      return expectedClaims({ ...inputs, ...tap }, { source, ports, destination }, context.open);
    };
    const ends = [tapped, monitors];
    const active = () => statusOf(inputs, names);
    const read = await readEnds({ context, id, state, inputs, ends, active, expected });
    if (read.props !== undefined) Object.assign(read.props, namesAsOutputs(inputs, names, state));
    return read;
  },
  async delete(context, state) {
    const inputs = flowInputs.parse(state);
    await deleteResource({
      reach: context,
      owner: inputs.owner,
      token: String(state.incarnation),
      hosts: remainingHosts(context, hostsOf(inputs)),
    });
  },
};
