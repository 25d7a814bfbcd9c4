import type { Facts } from "../ovs/facts";

/** Whether a bridge has Open vSwitch's own datapath, in userspace; false: that of the kernel, or no such bridge. */
export function isUserspace({ bridges }: Facts, name: string): boolean {
  return bridges.find((bridge) => bridge.name === name)?.datapathType === "netdev";
}
