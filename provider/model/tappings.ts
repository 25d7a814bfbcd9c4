import type { Facts } from "../ovs/facts";
import type { FlowClaim } from "../schema/claim";
import { describePort, type PortInput } from "../schema/port";
import type { PortSelector } from "../schema/selector";
import type { Desired } from "./desired";
import { type FoundPort, findPort, PORT_STATE } from "./findPort";
import { patchSource } from "./patchSource";
import { type Field, selectPorts } from "./selectPorts";
import { type VlanClass, vlanClass, vlanClassKey } from "./vlanClass";

/** A flow on its source's host. */
interface Flow {
  owner: string;
  source: NonNullable<FlowClaim["source"]>;
}

/** Ports whose copies need the same changes to equal the guests' frames. */
export interface Tapping {
  vlan: VlanClass;
  ports: FoundPort[];
}

/** The port that a flow names; a port that is missing or cannot be tapped is a problem of the flow. */
function namedPort(
  { owner, source }: Flow,
  port: PortInput,
  facts: Facts,
  tapBridge: string,
  { problems }: Pick<Desired, "problems">,
): Tapping[] {
  const search = findPort(facts, [source.integrationBridge, tapBridge], port);
  if (search.found === undefined) {
    const message = `source port ${describePort(port)} is ${PORT_STATE[search.reason]}`;
    problems.push({ owner, code: "port-missing", message });
    return [];
  }
  if (search.found.interface.type === "patch") {
    problems.push(patchSource(owner, search.found, facts));
    return [];
  }
  if (search.found.bridge.name === tapBridge) return [];
  return [{ vlan: vlanClass(search.found.port), ports: [search.found] }];
}

/** The ports that a flow selects, by their class. */
function selectedPorts(
  { source: { integrationBridge } }: Flow,
  selector: PortSelector,
  facts: Facts,
  tapBridge: string,
  desired: Field["desired"],
): Tapping[] {
  const found = selectPorts(selector, { facts, integrationBridge, tapBridge, desired });
  const classes = new Map<string, Tapping>();
  for (const one of found) {
    const vlan = vlanClass(one.port);
    const key = vlanClassKey(vlan);
    const same = classes.get(key);
    if (same === undefined) classes.set(key, { vlan, ports: [one] });
    else same.ports.push(one);
  }
  return [...classes.values()];
}

/** The ports that a flow taps, by their class; none where nothing matches. `desired`: the host's monitors; problems are added to it. */
export function tappings(
  flow: Flow,
  facts: Facts,
  tapBridge: string,
  desired: Pick<Desired, "problems"> & Field["desired"],
): Tapping[] {
  const { port, ports } = flow.source;
  return ports === undefined
    ? namedPort(flow, port!, facts, tapBridge, desired)
    : selectedPorts(flow, ports, facts, tapBridge, desired);
}
