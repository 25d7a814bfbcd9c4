import { TUNNEL_INTERFACES } from "../encapsulation/encapsulations";
import type { Facts, PortFacts } from "../ovs/facts";
import type { Conditions } from "../schema/selector";
import { type FoundPort, VM_KEYS } from "./findPort";

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

/** Keys of an Interface row's `external_ids` that a cloud writes for a vNIC: Neutron, OVN, libvirt, Kubernetes with OVN, XenServer. */
export const CLOUD_KEYS: readonly string[] = ["iface-id", "attached-mac", ...VM_KEYS];

/** The names of ports in Proxmox VE, which writes no ids: of a VM, of a container, and of either behind its firewall. */
export const PROXMOX_NAMES = {
  direct: "(tap|veth)[0-9]+i[0-9]+",
  firewalled: "fwln[0-9]+o[0-9]+",
};

const firewalled = new RegExp(`^${PROXMOX_NAMES.firewalled}$`);
const proxmox = new RegExp(`^(${PROXMOX_NAMES.direct}|${PROXMOX_NAMES.firewalled})$`);

/** Whether a port may be a VM's. Proxmox VE's firewall has a device of the host before each VM. */
export function isVmPort({ name, interfaces }: PortFacts, facts: Facts): boolean {
  const types = interfaces.flatMap((id) => facts.interfaces[id]?.type ?? []);
  if (types.some((type) => notOfVms.has(type)))
    return types.every((type) => type === "internal") && firewalled.test(name);
  return types.length > 0;
}

/** Whether a port is one that a cloud has made for a VM, as its row or its name says. A network card of the host is none. */
export function isCloudPort({ port, interface: nic }: FoundPort, facts: Facts): boolean {
  if (!isVmPort(port, facts)) return false;
  return CLOUD_KEYS.some((key) => Object.hasOwn(nic.externalIds, key)) || proxmox.test(port.name);
}

/** Whether conditions say themselves which ports are meant. All ports of a VLAN, or of any name, are those that a cloud has made. */
export function areExplicit({ network, name, externalIds }: Conditions): boolean {
  return network !== undefined || externalIds !== undefined || (name !== undefined && !/^[*?]*$/.test(name));
}
