import { integrationBridgeOf, tapBridgeOf } from "../converge/access";
import { converge } from "../converge/converge";
import { deleteResource } from "../converge/deleteResource";
import type { Draft } from "../converge/edit";
import { placeOf } from "../converge/hosts";
import type { Look } from "../converge/look";
import { requireNoDevice } from "../converge/requireNoDevice";
import { presentMonitorPort } from "../model/monitorPorts";
import { printableLine } from "../printable";
import { labels } from "../schema/common";
import { type MonitorPortInputs, monitorPortInputs, monitorPortOptions } from "../schema/monitorPort";
import { pick } from "../schema/options";
import { type Context, presentHosts, remainingHosts } from "./context";
import { incarnationOf } from "./incarnation";
import { monitorPortChecks } from "./monitorPortChecks";
import { type End, readEnds } from "./read";
import type { Properties, Resource } from "./resource";

/** The claim of a monitor port. */
function claimOf(inputs: MonitorPortInputs, { record }: Look): Extract<Draft, { kind: "monitor-port" }> {
  const { owner } = inputs;
  const options = { ...pick(monitorPortOptions, inputs), ...pick(labels, inputs) };
  return {
    format: 1,
    kind: "monitor-port",
    owner,
    integrationBridge: integrationBridgeOf(record),
    ...options,
  };
}

/**
 * The name of the port: for a port that Open vSwitch creates, that of the claim; else that of the attached port, if
 * any.
 */
function nameOf(inputs: MonitorPortInputs, look: Look | undefined): string {
  if (inputs.type !== "attach") return inputs.name!;
  if (look === undefined) return "";
  const found = presentMonitorPort(inputs, look.facts, tapBridgeOf(look.record));
  return printableLine(found?.port.name ?? "");
}

/** Its status if it has not drifted. */
function statusOf(portName: string): string {
  return portName === "" ? "active (no port attached)" : "active";
}

/**
 * Rejects a name of a device on the host that is not ours: Open vSwitch detects the conflict only when it tries to
 * create the port.
 */
async function requireFreeName(
  { open }: Context,
  { type, name }: MonitorPortInputs,
  { record, facts }: Look,
): Promise<void> {
  if (type !== "internal" || Object.values(facts.interfaces).some((nic) => nic.name === name)) return;
  await open(record).use((access) => requireNoDevice(access, name!));
}

async function put(
  context: Context,
  inputs: MonitorPortInputs,
  previous?: { inputs: MonitorPortInputs; token: string },
  replaced?: string,
): Promise<Properties> {
  const hosts = presentHosts(context, [inputs.host]);
  const [host] = hosts;
  const incarnation = incarnationOf(context, inputs, previous, replaced);
  const portName = await converge({
    ...incarnation,
    hosts,
    oldHosts: remainingHosts(
      context,
      previous === undefined ? [inputs.host] : [inputs.host, previous.inputs.host],
    ),
    attachTimeout: 0,
    plan: async (seen) => {
      const look = seen.get(placeOf(host!))!;
      await requireFreeName(context, inputs, look);
      return { rounds: [[{ seen: look, draft: claimOf(inputs, look) }]], result: nameOf(inputs, look) };
    },
  });
  return { ...inputs, portName, status: statusOf(portName), incarnation: incarnation.token };
}

/** MonitorPort: a port of the tap bridge that a monitor is attached to. */
export const monitorPort: Resource = {
  ...monitorPortChecks,
  async create(context, properties, replaced) {
    const inputs = monitorPortInputs.parse(properties);
    return { id: inputs.owner, outs: await put(context, inputs, undefined, replaced) };
  },
  async update(context, olds, news) {
    const previous = { inputs: monitorPortInputs.parse(olds), token: String(olds.incarnation) };
    return { outs: await put(context, monitorPortInputs.parse(news), previous) };
  },
  async read(context, id, state) {
    const inputs = monitorPortInputs.parse(state);
    const end: End = { candidates: [inputs.host] };
    let portName = nameOf(inputs, undefined);
    const expected = async (holders: ReadonlyMap<End, Look>) =>
      [...holders.values()].map((seen) => {
        portName = nameOf(inputs, seen);
        return { seen, draft: claimOf(inputs, seen) };
      });
    const active = () => statusOf(portName);
    const read = await readEnds({ context, id, state, inputs, ends: [end], active, expected });
    if (read.props !== undefined) read.props.portName = portName;
    return read;
  },
  async delete(context, state) {
    const inputs = monitorPortInputs.parse(state);
    const hosts = remainingHosts(context, [inputs.host]);
    if (hosts.length === 0) return;
    const { owner } = inputs;
    await deleteResource({ reach: context, owner, token: String(state.incarnation), hosts });
  },
};
