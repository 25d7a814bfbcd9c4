import type { Facts } from "../ovs/facts";
import type { Problem } from "./desired";
import type { FoundPort } from "./findPort";

/** What can be tapped instead of a patch port: the ports with devices of the bridge that it leads to. */
function devicesBeyond({ interface: nic }: FoundPort, facts: Facts): string {
  const peer = Object.values(facts.ports).find(({ name }) => name === nic.options.peer);
  const bridge = facts.bridges.find(({ ports }) => peer !== undefined && ports.includes(peer.uuid));
  if (bridge === undefined) return "";
  const names = bridge.ports
    .flatMap((id) => facts.ports[id]?.interfaces ?? [])
    .flatMap((id) => facts.interfaces[id] ?? [])
    .filter(({ type, name }) => type === "" && name !== bridge.name)
    .map(({ name }) => name)
    .sort();
  if (names.length === 0) return "";
  return `, or ${names.slice(0, 5).join(" or ")} of bridge ${bridge.name}, where it leads, with integrationBridge: "${bridge.name}" on the host (not if copies leave the host by that bridge)`;
}

/**
 * The problem of a tapped patch port. Open vSwitch does not treat it as a port on which frames arrive or leave, so a
 * Mirror of it gets nothing.
 */
export function patchSource(owner: string, found: FoundPort, facts: Facts): Problem {
  return {
    owner,
    code: "source-patch",
    message: `source port ${found.port.name} is a patch port, which Open vSwitch does not mirror`,
    hint: `Tap the ports of the VMs whose traffic passes through it${devicesBeyond(found, facts)}`,
  };
}
