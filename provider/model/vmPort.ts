import { TUNNEL_INTERFACES } from "../encapsulation/encapsulations";
import type { Facts, PortFacts } from "../ovs/facts";

/**
 * Types of interfaces that no VM has: devices of the host, patch ports between bridges, and tunnels, including foreign
 * ones.
 */
export const NOT_OF_VMS: readonly string[] = [
  ...["internal", "patch"],
  ...TUNNEL_INTERFACES,
  ...["bareudp", "gtpu", "lisp", "srv6", "stt"],
];

const notOfVms: ReadonlySet<string> = new Set(NOT_OF_VMS);

/** Whether a port may be a VM's. */
export function isVmPort(port: PortFacts, facts: Facts): boolean {
  const interfaces = port.interfaces.flatMap((id) => facts.interfaces[id] ?? []);
  return interfaces.length > 0 && interfaces.every(({ type }) => !notOfVms.has(type));
}
