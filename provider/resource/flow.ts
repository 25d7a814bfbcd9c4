import { converge } from "../converge/converge";
import { dissolve } from "../converge/dissolve";
import type { Look } from "../converge/hostQueue";
import { placeOf } from "../converge/hosts";
import type { Target } from "../converge/intent";
import { drawToken } from "../converge/run";
import type { HostRecord } from "../host/host";
import { formerOf } from "../model/former";
import type { Claim } from "../schema/claim";
import { type FlowInputs, flowInputs } from "../schema/flow";
import { type Context, candidatesOf, presentCandidates, remainingHosts } from "./context";
import { flowChecks } from "./flowChecks";
import { collectorTargets, flowSays, flowTargets } from "./flowTargets";
import { portNameOf } from "./found";
import { holdsClaim, locate } from "./locate";
import { membersFirst } from "./members";
import { readEnds } from "./read";
import type { Properties, Resource } from "./resource";

/** Whether a claim is that of a flow's source. */
function isSource(claim: Claim | undefined): boolean {
  return claim?.kind === "flow" && claim.source !== undefined;
}

/** The monitors of a service that are plugged on a candidate, by the claim that is on the host holding it. */
function monitorNames(look: Look, holder: Look | undefined, service: string): string {
  const claim = holder?.read.claims.get(service);
  const ports = claim?.kind === "service" ? claim.ports : [];
  const names = ports.map((wanted) => portNameOf(look, wanted));
  return names.filter((name) => name !== "").join(",");
}

/** All hosts a flow may be on, those of the source first. */
function hostsOf(inputs: FlowInputs): HostRecord[] {
  return [...candidatesOf(inputs), ...candidatesOf(inputs.service)];
}

/** A flow's claim where it has one already: while it moves, copies go on coming from where they came from. */
function moving(target: Target, owner: string, token: string): Target {
  const { seen, draft } = target;
  const standing = seen.read.claims.get(owner);
  if (draft.kind !== "flow" || standing?.kind !== "flow" || standing.token !== token) return target;
  return { seen, draft: { ...draft, former: formerOf(standing, draft) } };
}

async function put(
  context: Context,
  inputs: FlowInputs,
  mode: "create" | "update",
  token: string,
  previous?: FlowInputs,
): Promise<Properties> {
  const present = (end: Parameters<typeof candidatesOf>[0]) =>
    membersFirst(inputs.tunnel, presentCandidates(context, candidatesOf(end)));
  const sources = present(inputs);
  const outside = inputs.service.collector !== undefined;
  const destinations = outside ? [] : present(inputs.service);
  const warnings = new Set<string>();
  const warn = (message: string) => void warnings.add(message);
  let portName = "";
  await converge({
    reach: context,
    owner: inputs.owner,
    previousOwner: previous === undefined || previous.owner === inputs.owner ? undefined : previous.owner,
    token,
    mode,
    adopt: inputs.adopt ?? false,
    hosts: [...sources, ...destinations],
    oldHosts: remainingHosts(context, [
      ...hostsOf(inputs),
      ...(previous === undefined ? [] : hostsOf(previous)),
    ]),
    attachTimeout: inputs.attachTimeout,
    rounds: async (seen) => {
      const looks = (hosts: readonly HostRecord[]) => hosts.map((host) => seen.get(placeOf(host))!);
      const owner = previous?.owner ?? inputs.owner;
      const source = locate(looks(sources), inputs.port, ({ read }) => isSource(read.claims.get(owner)));
      portName = portNameOf(source, inputs.port);
      if (outside) return collectorTargets(inputs, source, warn);
      const there = looks(destinations);
      const destination = there.find(holdsClaim(inputs.service.owner)) ?? there[0]!;
      const rounds = await flowTargets(inputs, source, destination, warn);
      return rounds.map((round) => round.map((target) => moving(target, owner, token)));
    },
  });
  for (const warning of warnings) context.warn(warning);
  return { ...inputs, portName, status: statusOf(inputs), incarnation: token };
}

function statusOf(inputs: FlowInputs): string {
  return inputs.enabled ? "active" : "disabled";
}

/** TapFlow: a VM port whose traffic is copied to a TapService. */
export const tapFlow: Resource = {
  ...flowChecks,
  async create(context, properties) {
    const inputs = flowInputs.parse(properties);
    return { id: inputs.owner, outs: await put(context, inputs, "create", drawToken()) };
  },
  async update(context, olds, news) {
    const inputs = flowInputs.parse(news);
    return { outs: await put(context, inputs, "update", String(olds.incarnation), flowInputs.parse(olds)) };
  },
  async read(context, id, state) {
    const inputs = flowInputs.parse(state);
    const says = (claim: Claim) => flowSays(inputs, claim);
    const ends = [
      {
        says,
        candidates: remainingHosts(context, candidatesOf(inputs)),
        isOf: (claim: Claim) => isSource(claim),
        portNames: (look: Look) => portNameOf(look, inputs.port),
      },
      {
        says,
        candidates: remainingHosts(context, candidatesOf(inputs.service)),
        isOf: (claim: Claim, { facts }: Look) => claim.kind === "flow" && claim.destination === facts.machine,
        portNames: (look: Look, holder: Look | undefined) => monitorNames(look, holder, inputs.service.owner),
      },
    ];
    return readEnds({ context, id, state, inputs, ends, active: statusOf(inputs) });
  },
  async delete(context, state) {
    const inputs = flowInputs.parse(state);
    await dissolve({
      reach: context,
      owner: inputs.owner,
      token: String(state.incarnation),
      hosts: remainingHosts(context, hostsOf(inputs)),
    });
  },
};
