import { converge } from "../converge/converge";
import { placeOf } from "../converge/hosts";
import { drawToken } from "../converge/run";
import type { HostRecord } from "../host/host";
import { type FlowInputs, flowInputs } from "../schema/flow";
import { changedProperties } from "./compare";
import { type Context, presentHosts, remainingHosts } from "./context";
import { checkFlow } from "./flowCheck";
import { collectorTargets, flowTargets } from "./flowTargets";
import { portNameOf } from "./found";
import { readEnds } from "./read";
import type { DiffResult, Properties, Resource } from "./resource";
import { isDrifted } from "./status";

const WISHES = [
  "service",
  "host",
  "port",
  "direction",
  "filter",
  "defaultAction",
  "snapLength",
  "rateLimit",
  "mtuPolicy",
  "tunnel",
  "transport",
  "counters",
  "enabled",
  "attachTimeout",
  "tenant",
  "description",
  "adopt",
  "owner",
];

function diff(olds: Properties, news: Properties): DiffResult {
  const changes = isDrifted(olds.status) || changedProperties(olds, news, WISHES).length > 0;
  return { changes, replaces: [], deleteBeforeReplace: false };
}

/** Hosts of a flow, source first. A collector is none. */
function hostsOf(inputs: FlowInputs): HostRecord[] {
  return [inputs.host, ...(inputs.service.host === undefined ? [] : [inputs.service.host])];
}

async function put(
  context: Context,
  inputs: FlowInputs,
  mode: "create" | "update",
  token: string,
  previous?: FlowInputs,
): Promise<Properties> {
  const hosts = presentHosts(context, hostsOf(inputs));
  const [source, destination] = hosts as [HostRecord, HostRecord | undefined];
  const warnings = new Set<string>();
  const warn = (message: string) => void warnings.add(message);
  const seen = await converge({
    open: context.open,
    owner: inputs.owner,
    previousOwner: previous === undefined || previous.owner === inputs.owner ? undefined : previous.owner,
    token,
    mode,
    adopt: inputs.adopt ?? false,
    hosts,
    oldHosts: previous === undefined ? [] : remainingHosts(context, hostsOf(previous)),
    attachTimeout: inputs.attachTimeout,
    rounds: (looks) => {
      const near = looks.get(placeOf(source))!;
      if (destination === undefined) return collectorTargets(inputs, near, warn);
      return flowTargets(inputs, near, looks.get(placeOf(destination))!, warn);
    },
  });
  for (const warning of warnings) context.warn(warning);
  const portName = portNameOf(seen.get(placeOf(source))!, inputs.port);
  return { ...inputs, portName, status: statusOf(inputs), incarnation: token };
}

function statusOf(inputs: FlowInputs): string {
  return inputs.enabled ? "active" : "disabled";
}

/** TapFlow: a VM port whose traffic is copied to a TapService. */
export const tapFlow: Resource = {
  check: checkFlow,
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
    const port = {
      host: inputs.host,
      name: (look: Parameters<typeof portNameOf>[0]) => portNameOf(look, inputs.port),
    };
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
