import type { Facts } from "../ovs/facts";

/**
 * Whether Open vSwitch forwards nothing because the program that restores flows after its start has not reported that
 * it is done (`flow-restore-wait`, ovs-vswitchd.conf.db(5)).
 */
export function waitsForRestore({ otherConfig }: Facts): boolean {
  return otherConfig["flow-restore-wait"] === "true";
}

/** The difference in words. */
export const RESTORE_WAIT =
  "Open vSwitch forwards nothing: other_config:flow-restore-wait is true (ovs-vsctl remove Open_vSwitch . other_config flow-restore-wait)";
