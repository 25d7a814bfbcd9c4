import { integrationBridgeOf } from "../converge/access";
import { converge, dropElsewhere } from "../converge/converge";
import { dropEdit } from "../converge/edit";
import type { Look } from "../converge/hostQueue";
import { drawToken, stackOf } from "../converge/run";
import { TaasError } from "../errors";
import { defaultTunnelId } from "../model/identity";
import { serviceRules } from "../model/rules";
import type { FlowClaim } from "../schema/claim";
import { type ServiceInputs, serviceArgs, serviceInputs } from "../schema/service";
import { hasUnknown, UNKNOWN } from "../schema/unknown";
import { validate } from "../schema/validate";
import { changedProperties } from "./compare";
import { type Context, presentHosts, recordHost, remainingHosts } from "./context";
import { portNameOf, requirePort } from "./found";
import { readEnds } from "./read";
import type { CheckResult, DiffResult, Properties, Resource } from "./resource";
import { isDrifted } from "./status";

/** The wishes whose change is an update; the host's address is a replacement. */
const WISHES = [
  "host",
  "port",
  "attachment",
  "tunnelId",
  "attachTimeout",
  "tenant",
  "allowCrossTenant",
  "description",
  "adopt",
  "owner",
];

function check(context: Context, olds: Properties, news: Properties): CheckResult {
  const { values, failures } = validate(serviceArgs, news);
  if (failures.length > 0) return { inputs: values, failures };
  const owner = values.owner as string;
  const inputs: Properties = {
    ...values,
    host: recordHost(context, values.host),
    attachment: values.attachment ?? "tap-bridge",
    attachTimeout: values.attachTimeout ?? 60,
    tunnelId: values.tunnelId ?? olds.tunnelId ?? defaultTunnelId(owner),
  };
  const { host, tunnelId, tenant, attachment } = inputs;
  const ref = { format: 1, owner, tunnelId, host, attachment, ...(tenant === undefined ? {} : { tenant }) };
  inputs.ref = hasUnknown(ref) ? UNKNOWN : ref;
  inputs.rules = serviceRules(inputs as Parameters<typeof serviceRules>[0]);
  return { inputs, failures: [] };
}

function diff(olds: Properties, news: Properties): DiffResult {
  const address = (host: unknown) =>
    typeof host === "object" && host !== null ? (host as ServiceInputs["host"]).address : host;
  const moved = hasUnknown(news.host) || address(olds.host) !== address(news.host);
  return {
    changes: moved || isDrifted(olds.status) || changedProperties(olds, news, WISHES).length > 0,
    replaces: moved ? ["host"] : [],
    deleteBeforeReplace: false,
  };
}

/** Puts the service's claim on its host and waits for the monitor to be plugged. */
async function put(
  context: Context,
  inputs: ServiceInputs,
  mode: "create" | "update",
  token: string,
  previous?: ServiceInputs,
): Promise<Properties> {
  const [host] = presentHosts(context, [inputs.host]);
  const seen = await converge({
    open: context.open,
    owner: inputs.owner,
    previousOwner: previous === undefined || previous.owner === inputs.owner ? undefined : previous.owner,
    token,
    mode,
    adopt: inputs.adopt ?? false,
    hosts: [host!],
    oldHosts: previous === undefined ? [] : remainingHosts(context, [previous.host]),
    attachTimeout: inputs.attachTimeout,
    rounds: async (hosts) => {
      const only = [...hosts.values()].find((candidate) => candidate.record.address === host!.address)!;
      requirePort(only, inputs.port, "monitor");
      const { owner, tunnelId, port, attachment, tenant, allowCrossTenant, description } = inputs;
      const integrationBridge = integrationBridgeOf(only.record);
      const draft = {
        format: 1 as const,
        kind: "service" as const,
        owner,
        tunnelId,
        port,
        attachment,
        integrationBridge,
        tenant,
        allowCrossTenant,
        description,
      };
      return [[{ seen: only, draft }]];
    },
  });
  const portName = [...seen.values()]
    .map((host) => portNameOf(host, inputs.port))
    .find((name) => name !== "");
  return { ...inputs, portName: portName ?? "", status: "active", incarnation: token };
}

/** Flows that still send to the service: another stack's keep it, this stack's are leftovers and go, source first. */
async function clearFlows(context: Context, seen: Look, state: ServiceInputs, token: string): Promise<void> {
  if (seen.read.claims.get(state.owner)?.token !== token) return;
  const flows = [...seen.read.claims.values()].filter(
    (claim): claim is FlowClaim =>
      claim.kind === "flow" &&
      claim.tunnelId === state.tunnelId &&
      (claim.from !== undefined || claim.peer === undefined),
  );
  const others = flows.filter((flow) => stackOf(flow.owner) !== stackOf(state.owner));
  if (others.length > 0) {
    throw new TaasError(
      `tap service ${state.owner} is still used by ${others.map((flow) => flow.owner).join(", ")}`,
      {
        code: "service-in-use",
        host: seen.record.name,
        hint: "Destroy those TapFlows first, in the stacks that made them",
      },
    );
  }
  for (const flow of flows) {
    if (flow.from !== undefined)
      await dropElsewhere(context.open, context.presentHost(flow.from), flow.owner, flow.token);
    await seen.queue.submit(dropEdit(flow.owner, flow.token));
  }
}

/** TapService: a VM port that receives copies. */
export const tapService: Resource = {
  check,
  diff,
  async create(context, properties) {
    const inputs = serviceInputs.parse(properties);
    return { id: inputs.owner, outs: await put(context, inputs, "create", drawToken()) };
  },
  async update(context, olds, news) {
    const inputs = serviceInputs.parse(news);
    return {
      outs: await put(context, inputs, "update", String(olds.incarnation), serviceInputs.parse(olds)),
    };
  },
  async read(context, id, state) {
    const inputs = serviceInputs.parse(state);
    const ends = remainingHosts(context, [inputs.host]);
    return readEnds({
      context,
      id,
      state,
      inputs,
      ends,
      port: { host: inputs.host, wanted: inputs.port },
      active: "active",
    });
  },
  async delete(context, state) {
    const inputs = serviceInputs.parse(state);
    const token = String(state.incarnation);
    const hosts = remainingHosts(context, [inputs.host]);
    for (const host of hosts) {
      await clearFlows(context, await context.open(host).look(), inputs, token);
    }
    await converge({
      open: context.open,
      owner: inputs.owner,
      previousOwner: undefined,
      token,
      mode: "delete",
      adopt: false,
      hosts: [],
      oldHosts: hosts,
      attachTimeout: 0,
      rounds: async () => [],
    });
  },
};
