import type { Facts } from "../ovs/facts";
import type { PortSelector } from "../schema/selector";
import { portsOf } from "./findPort";
import { type VlanClass, vlanClass } from "./vlanClass";
import { isCloudPort } from "./vmPort";

const CLASSES: readonly VlanClass[] = [{ kind: "strip" }, { kind: "keep" }];

/**
 * The classes of which a flow has a Mirror while it selects ports and none matches: the keeper can put ports into it. Those that stand
 * are kept, so that the flow is as it should be whatever other ports come and go on the bridge. `stands`: whether there is a Mirror of a
 * class that is there for nothing else.
 */
export function waitingClasses(
  { integrationBridge, ports }: { integrationBridge: string; ports: PortSelector },
  facts: Facts,
  stands: (vlan: VlanClass) => boolean,
): VlanClass[] {
  const standing = CLASSES.filter(stands);
  return standing.length > 0 ? standing : [likelyClass(ports, integrationBridge, facts)];
}

/** The class of ports that are likely to match later. Neutron's agent tags the ports of a network; elsewhere they are as the other VM ports of the bridge. */
function likelyClass({ network, vlan }: PortSelector, bridge: string, facts: Facts): VlanClass {
  if (network !== undefined || vlan !== undefined) return { kind: "strip" };
  const others = portsOf(facts, [bridge]).filter((found) => isCloudPort(found, facts));
  const isTagged = others.length === 0 || others.some(({ port }) => vlanClass(port).kind === "strip");
  return { kind: isTagged ? "strip" : "keep" };
}
