import type { Facts } from "../ovs/facts";
import type { FlowClaim } from "../schema/claim";
import { describePort, type PortInput } from "../schema/port";
import type { PortSelector } from "../schema/selector";
import type { Desired } from "./desired";
import { type FoundPort, findPort, PORT_STATE, portsOf } from "./findPort";
import { patchSource } from "./patchSource";
import { type Field, selectPorts } from "./selectPorts";
import { type VlanClass, vlanClass, vlanClassKey } from "./vlanClass";
import { isVmPort } from "./vmPort";

/** A flow at its source. */
interface Flow {
  owner: string;
  source: NonNullable<FlowClaim["source"]>;
}

/** Ports whose copies need the same to be as the guests' frames. */
export interface Tapping {
  vlan: VlanClass;
  ports: FoundPort[];
}

/** The port that a flow names; one that is not there, or cannot be tapped, is a problem of the flow. */
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

/**
 * The class of ports that a selector is likely to match later, where it matches none yet: there is a Mirror that the keeper can put them
 * into. Neutron's agent tags the ports of a network; elsewhere they are as the other VM ports of the bridge.
 */
function likelyClass({ network, vlan }: PortSelector, bridge: string, facts: Facts): VlanClass {
  if (network !== undefined || vlan !== undefined) return { kind: "strip" };
  const others = portsOf(facts, [bridge]).filter(({ port }) => isVmPort(port, facts));
  const isTagged = others.length === 0 || others.some(({ port }) => vlanClass(port).kind === "strip");
  return { kind: isTagged ? "strip" : "keep" };
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
  if (found.length === 0) return [{ vlan: likelyClass(selector, integrationBridge, facts), ports: [] }];
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

/** The ports that a flow taps, by their class. `desired`: the host's monitors; problems are added to it. */
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
