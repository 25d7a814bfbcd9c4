import type { Monitor } from "../api/edit";
import type { PlacedVm } from "./placedVm";

/** The encapsulations of copies to a collector. */
export const TYPES = ["gre", "erspan", "vxlan", "geneve"] as const;

/** The fields of a new monitor. */
export interface MonitorChoice {
  name: string;
  kind: "port" | "collector";
  /** `host`, VM and port, as `portKey` writes them. */
  port: string;
  address: string;
  type: (typeof TYPES)[number];
}

/** Nothing filled in. */
export const NO_MONITOR: MonitorChoice = { name: "", kind: "port", port: "", address: "", type: "gre" };

/** The new service that the fields describe; undefined until they are complete. */
export function monitorOf(choice: MonitorChoice, vms: readonly PlacedVm[]): Monitor | undefined {
  const { kind, port, address, type } = choice;
  if (kind === "collector") return address === "" ? undefined : { collector: { address, type } };
  for (const vm of vms)
    for (const vnic of vm.vnics)
      if (portKey(vm.host, vnic.port) === port) return { host: vm.host, port: vnic.ref };
  return undefined;
}

/** Identifies a port among those of all hosts. */
export function portKey(host: string, port: string): string {
  return `${host} ${port}`;
}
