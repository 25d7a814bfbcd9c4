import { encapsulationOf } from "../encapsulation/encapsulations";
import type { Facts, PortFacts } from "../ovs/facts";

/** Whether interfaces of this type may be a VM's. */
function mayBeVm(type: string): boolean {
  return type !== "internal" && type !== "patch" && encapsulationOf(type) === undefined;
}

/** Whether a port may be a VM's. */
export function isVmPort(port: PortFacts, facts: Facts): boolean {
  const interfaces = port.interfaces.flatMap((id) => facts.interfaces[id] ?? []);
  return interfaces.length > 0 && interfaces.every(({ type }) => mayBeVm(type));
}
