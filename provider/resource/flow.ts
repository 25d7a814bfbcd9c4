import { integrationBridgeOf } from "../converge/access";
import { tunnelAddress } from "../converge/addresses";
import { converge, type Target } from "../converge/converge";
import type { Draft } from "../converge/edit";
import type { Look } from "../converge/hostQueue";
import { machineOf, placeOf } from "../converge/hosts";
import { drawToken } from "../converge/run";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { flowRules } from "../model/rules";
import type { FlowClaim, Wire } from "../schema/claim";
import { type FlowInputs, flowArgs, flowInputs } from "../schema/flow";
import type { ServiceRef } from "../schema/service";
import type { TunnelRef } from "../schema/tunnel";
import { hasUnknown, UNKNOWN } from "../schema/unknown";
import { validate } from "../schema/validate";
import { changedProperties } from "./compare";
import { type Context, presentHosts, recordHost, remainingHosts } from "./context";
import { portNameOf, requirePort } from "./found";
import { readEnds } from "./read";
import type { CheckResult, DiffResult, Properties, Resource } from "./resource";
import { isDrifted } from "./status";

const WISHES = [
  "service",
  "host",
  "port",
  "direction",
  "tunnel",
  "enabled",
  "attachTimeout",
  "tenant",
  "description",
  "adopt",
  "owner",
];

function check(context: Context, _olds: Properties, news: Properties): CheckResult {
  const { values, failures } = validate(flowArgs, news);
  if (failures.length > 0) return { inputs: values, failures };
  const service = values.service as ServiceRef | typeof UNKNOWN;
  const inputs: Properties = {
    ...values,
    host: recordHost(context, values.host),
    direction: values.direction ?? "both",
    enabled: values.enabled ?? true,
    attachTimeout: values.attachTimeout ?? 60,
    tunnelId: hasUnknown(service) ? UNKNOWN : (service as ServiceRef).tunnelId,
  };
  inputs.rules = flowRules(inputs as Parameters<typeof flowRules>[0]);
  return { inputs, failures: misplaced(inputs) };
}

/** An explicit tunnel must have both ends of the flow as members, as far as names tell. */
function misplaced(inputs: Properties): CheckResult["failures"] {
  if (inputs.tunnel === undefined || hasUnknown([inputs.tunnel, inputs.host, inputs.service])) return [];
  const { hosts } = inputs.tunnel as TunnelRef;
  const needed = [inputs.host as HostRecord, (inputs.service as ServiceRef).host];
  if (needed[0]!.address === needed[1]!.address) return [];
  return needed
    .filter((host) => !hosts.some((member) => member.address === host.address))
    .map((host) => ({
      property: "tunnel",
      reason: `the mirror tunnel ${(inputs.tunnel as TunnelRef).owner} has the hosts ${hosts.map((member) => member.name).join(", ")}, not ${host.name}`,
    }));
}

function diff(olds: Properties, news: Properties): DiffResult {
  const changes = isDrifted(olds.status) || changedProperties(olds, news, WISHES).length > 0;
  return { changes, replaces: [], deleteBeforeReplace: false };
}

/** The underlay address of a flow's end on an explicit tunnel: the one given for that member, else the host's own. */
function memberAddress(tunnel: TunnelRef, look: Look): string {
  const index = tunnel.hosts.findIndex((member) => member.address === look.record.address);
  return tunnel.localIps[index] ?? tunnelAddress(look.record, look.facts);
}

function wireOf(tunnel: TunnelRef | undefined, here: Look, there: Look): Wire | undefined {
  if (tunnel === undefined) return undefined;
  const { owner, mode, type, udpPort } = tunnel;
  return {
    owner,
    mode,
    type,
    udpPort,
    local: memberAddress(tunnel, here),
    remote: memberAddress(tunnel, there),
  };
}

function ends(
  source: Look,
  destination: Look,
): { here: NonNullable<FlowClaim["peer"]>; there: NonNullable<FlowClaim["peer"]> } {
  const local = tunnelAddress(source.record, source.facts);
  const remote = tunnelAddress(destination.record, destination.facts);
  return {
    here: { machine: destination.facts.machine, name: destination.record.name, local, remote },
    there: { machine: source.facts.machine, name: source.record.name, local: remote, remote: local },
  };
}

/** The flow's claim at each end, far end first. On one machine they are one. */
async function targets(inputs: FlowInputs, source: Look, destination: Look): Promise<Target[][]> {
  requirePort(source, inputs.port, "source");
  const { owner, tunnelId, tenant, description } = inputs;
  const common = {
    format: 1 as const,
    kind: "flow" as const,
    owner,
    service: inputs.service.owner,
    tunnelId,
    destination: destination.facts.machine,
    tenant,
    description,
  };
  const { port, direction, enabled } = inputs;
  const tapped = { port, direction, enabled, integrationBridge: integrationBridgeOf(source.record) };
  if (machineOf(source) === machineOf(destination))
    return [[{ seen: source, draft: { ...common, source: tapped } }]];
  if (source.facts.machine === destination.facts.machine) {
    throw new TaasError("source and monitor are on one machine but on different tap bridges", {
      code: "tap-bridges-differ",
      host: source.record.name,
      hint: "Give both hosts of the program the same tapBridge",
    });
  }
  const { here, there } = ends(source, destination);
  const near: Draft = {
    ...common,
    source: tapped,
    peer: here,
    tunnel: wireOf(inputs.tunnel, source, destination),
  };
  const far: Draft = {
    ...common,
    peer: there,
    tunnel: wireOf(inputs.tunnel, destination, source),
    from: source.record,
  };
  await Promise.all([
    source.queue.checkLocalAddress(near.tunnel?.local ?? here.local),
    destination.queue.checkLocalAddress(far.tunnel?.local ?? there.local),
  ]);
  return [[{ seen: destination, draft: far }], [{ seen: source, draft: near }]];
}

/** Hosts of a flow, source first. */
function hostsOf(inputs: FlowInputs): HostRecord[] {
  return [inputs.host, inputs.service.host];
}

async function put(
  context: Context,
  inputs: FlowInputs,
  mode: "create" | "update",
  token: string,
  previous?: FlowInputs,
): Promise<Properties> {
  const [source, destination] = presentHosts(context, hostsOf(inputs)) as [HostRecord, HostRecord];
  const seen = await converge({
    open: context.open,
    owner: inputs.owner,
    previousOwner: previous === undefined || previous.owner === inputs.owner ? undefined : previous.owner,
    token,
    mode,
    adopt: inputs.adopt ?? false,
    hosts: [source, destination],
    oldHosts: previous === undefined ? [] : remainingHosts(context, hostsOf(previous)),
    attachTimeout: inputs.attachTimeout,
    rounds: (hosts) => targets(inputs, hosts.get(placeOf(source))!, hosts.get(placeOf(destination))!),
  });
  const portName = portNameOf(seen.get(placeOf(source))!, inputs.port);
  return { ...inputs, portName, status: statusOf(inputs), incarnation: token };
}

function statusOf(inputs: FlowInputs): string {
  return inputs.enabled ? "active" : "disabled";
}

/** TapFlow: a VM port whose traffic is copied to a TapService. */
export const tapFlow: Resource = {
  check,
  diff,
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
    const ends = remainingHosts(context, hostsOf(inputs));
    const port = { host: inputs.host, wanted: inputs.port };
    return readEnds({ context, id, state, inputs, ends, port, active: statusOf(inputs) });
  },
  async delete(context, state) {
    const inputs = flowInputs.parse(state);
    await converge({
      open: context.open,
      owner: inputs.owner,
      previousOwner: undefined,
      token: String(state.incarnation),
      mode: "delete",
      adopt: false,
      hosts: [],
      oldHosts: remainingHosts(context, hostsOf(inputs)),
      attachTimeout: 0,
      rounds: async () => [],
    });
  },
};
