import type { Facts } from "../ovs/facts";

/** Whether a bridge has Open vSwitch's userspace datapath; false for the kernel's, or if there is no such bridge. */
export function isUserspace({ bridges }: Facts, name: string): boolean {
  return bridges.find((bridge) => bridge.name === name)?.datapathType === "netdev";
}
