import type { Facts } from "../ovs/facts";

/**
 * The message for a bridge that VMs should plug into and that does not exist; undefined if it exists. A fake bridge, as
 * XenServer creates one for a VLAN, is not a bridge but a port of its parent with its name and a tag (ovs-vsctl(8),
 * Bridge Commands).
 */
export function missingBridge(facts: Facts, name: string): { message: string; hint: string } | undefined {
  if (facts.bridges.some((bridge) => bridge.name === name)) return undefined;
  const port = Object.values(facts.ports).find((one) => one.name === name && one.tag !== undefined);
  const parent = facts.bridges.find(({ ports }) => port !== undefined && ports.includes(port.uuid));
  if (port !== undefined && parent !== undefined) {
    return {
      message: `${name} is not a bridge but a port of ${parent.name} for VLAN ${port.tag} (a fake bridge)`,
      hint: `Set the host's integrationBridge to ${parent.name}: its ports are found in every VLAN`,
    };
  }
  const there = facts.bridges.map((bridge) => bridge.name).join(", ");
  return {
    message: `there is no bridge ${name} (there is ${there === "" ? "none" : there})`,
    hint: "Set the host's integrationBridge to the bridge that the VMs plug into",
  };
}
