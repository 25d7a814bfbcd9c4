import { integrationBridgeOf } from "../converge/access";
import { converge } from "../converge/converge";
import { dissolve } from "../converge/dissolve";
import { dropEdit } from "../converge/edit";
import type { Look } from "../converge/hostQueue";
import { placeOf } from "../converge/hosts";
import { dropElsewhere } from "../converge/leftovers";
import { drawToken, stackOf } from "../converge/run";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { printableLine } from "../printable";
import type { FlowClaim } from "../schema/claim";
import type { PortInput } from "../schema/port";
import { attachment as attachmentSchema, type ServiceInputs, serviceInputs } from "../schema/service";
import { type Context, candidatesOf, presentCandidates, remainingHosts } from "./context";
import { monitorNameOf, requireMonitor } from "./found";
import { originalAgeing } from "./hybrid";
import { holdsClaim, locate } from "./locate";
import { readEnds } from "./read";
import type { Properties, Resource } from "./resource";
import { serviceChecks } from "./serviceChecks";

/** The monitors of a service on a host. */
function portsOf(inputs: ServiceInputs): PortInput[] {
  return inputs.ports ?? (inputs.port === undefined ? [] : [inputs.port]);
}

function portNames(look: Look, inputs: ServiceInputs): string {
  return portsOf(inputs)
    .map((wanted) => monitorNameOf(look, wanted, inputs.owner))
    .filter((name) => name !== "")
    .join(",");
}

/** What a service's claim says, as far as the arguments alone decide it. */
function wishesOf(inputs: ServiceInputs) {
  const { tunnelId, tenant, allowCrossTenant, description, distribution } = inputs;
  const attachment = attachmentSchema.parse(inputs.attachment);
  return {
    tunnelId,
    tenant,
    allowCrossTenant,
    description,
    distribution,
    attachment,
    ports: portsOf(inputs),
  };
}

/** Puts the service's claim on its host and waits for the monitors to be plugged. A collector has no claim of its own. */
async function put(
  context: Context,
  inputs: ServiceInputs,
  mode: "create" | "update",
  token: string,
  previous?: ServiceInputs,
  replaced?: string,
): Promise<Properties> {
  const outs = { ...inputs, portName: "", status: "active", incarnation: token };
  const candidates = candidatesOf(inputs);
  if (candidates.length === 0) return outs;
  const hosts = presentCandidates(context, candidates);
  let portName = "";
  await converge({
    reach: context,
    owner: inputs.owner,
    previousOwner: previous === undefined || previous.owner === inputs.owner ? undefined : previous.owner,
    token,
    mode,
    adopt: inputs.adopt ?? false,
    replaced,
    hosts,
    oldHosts: remainingHosts(context, [...candidates, ...candidatesOf(previous ?? {})]),
    attachTimeout: inputs.attachTimeout,
    rounds: async (looked) => {
      const ports = portsOf(inputs);
      const looks = hosts.map((host) => looked.get(placeOf(host))!);
      const owner = previous?.owner ?? inputs.owner;
      const only = locate(looks, ports[0]!, holdsClaim(owner));
      const names = ports.map((wanted) => requireMonitor(only, wanted, owner).port.name);
      portName = printableLine(names.join(","));
      const draft = {
        format: 1 as const,
        kind: "service" as const,
        owner: inputs.owner,
        integrationBridge: integrationBridgeOf(only.record),
        ageing: await originalAgeing(only, names),
        ...wishesOf(inputs),
      };
      return [[{ seen: only, draft }]];
    },
  });
  return { ...outs, portName };
}

/** Flows that still send to the service: another stack's keep it, this stack's are leftovers and go, source first. */
async function clearFlows(context: Context, look: Look, state: ServiceInputs, token: string): Promise<void> {
  if (look.read.claims.get(state.owner)?.token !== token) return;
  const flows = [...look.read.claims.values()].filter(
    (claim): claim is FlowClaim =>
      claim.kind === "flow" && claim.tunnelId === state.tunnelId && claim.destination === look.facts.machine,
  );
  const others = flows.filter((flow) => stackOf(flow.owner) !== stackOf(state.owner));
  if (others.length > 0) {
    throw new TaasError(
      `tap service ${state.owner} is still used by ${others.map((flow) => flow.owner).join(", ")}`,
      {
        code: "service-in-use",
        host: look.record.name,
        hint: "In the stacks that made them, destroy those TapFlows, or run up if this service has moved; then run this again",
      },
    );
  }
  for (const flow of flows) {
    if (flow.from !== undefined) {
      await dropElsewhere(context.open, context.claimedHost(flow.from as HostRecord), flow.owner, flow.token);
    }
    await look.queue.submit(dropEdit(flow.owner, flow.token));
  }
}

/** TapService: VM ports that receive copies, or a collector outside. */
export const tapService: Resource = {
  ...serviceChecks,
  async create(context, properties, replaced) {
    const inputs = serviceInputs.parse(properties);
    const outs = await put(context, inputs, "create", drawToken(), undefined, replaced);
    return { id: inputs.owner, outs };
  },
  async update(context, olds, news) {
    const inputs = serviceInputs.parse(news);
    return {
      outs: await put(context, inputs, "update", String(olds.incarnation), serviceInputs.parse(olds)),
    };
  },
  async read(context, id, state) {
    const inputs = serviceInputs.parse(state);
    const candidates = remainingHosts(context, candidatesOf(inputs));
    const end = {
      candidates,
      portNames: (look: Look) => portNames(look, inputs),
      says: () => wishesOf(inputs),
    };
    return readEnds({ context, id, state, inputs, ends: [end], active: "active" });
  },
  async delete(context, state) {
    const inputs = serviceInputs.parse(state);
    const token = String(state.incarnation);
    const hosts = remainingHosts(context, candidatesOf(inputs));
    if (hosts.length === 0) return;
    for (const host of hosts) {
      const look = await context.open(host).look();
      await clearFlows(context, look, inputs, token);
    }
    await dissolve({
      reach: context,
      owner: inputs.owner,
      token,
      hosts: hosts,
    });
  },
};
