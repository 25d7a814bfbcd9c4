import type { Vm, Vnic } from "../api/ports";

/** A VM on its host. */
export interface PlacedVm extends Vm {
  host: string;
  /** Unlike `id`, unique among the VMs of all hosts. */
  key: string;
}

/** Distinguishes a vNIC from the others of its VM. */
export function vnicLabel(vnic: Vnic): string {
  const { index, mac, network, vlan, port } = vnic;
  const where = network ?? (vlan === undefined ? undefined : `VLAN ${vlan}`);
  return [`vNIC ${index}`, mac, where, port].filter((part) => part !== undefined).join(" · ");
}
