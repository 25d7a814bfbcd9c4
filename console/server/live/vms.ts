import { tapBridgeOf } from "../../../provider/converge/access";
import { type FoundPort, inVnicOrder, portsOf, VM_KEYS } from "../../../provider/model/findPort";
import { memo } from "../../../provider/model/memo";
import { NETWORK_KEY } from "../../../provider/model/selectPorts";
import type { Facts } from "../../../provider/ovs/facts";
import type { PortRef, Vm, Vnic } from "../../api/ports";
import type { End, Ends } from "./ends";
import { nameOf } from "./ids";
import { tappedPorts } from "./tapped";

/** The keys under which clouds write a VM's name. */
const VM_NAMES = ["vm-name", "xs-vm-name"];

/** The VM of a port. */
export interface PortsVm {
  /** Absent if, according to its row, it belongs to no VM. */
  uuid?: string;
  name: string;
  /** Which of its vNICs on the host the port is. */
  index: number;
}

function uuidOf({ interface: { externalIds } }: FoundPort): string | undefined {
  return VM_KEYS.map((key) => externalIds[key]).find((id) => id !== undefined);
}

function macOf({ interface: nic }: FoundPort): string | undefined {
  return nic.externalIds["attached-mac"]?.toLowerCase();
}

function bridgesOf(facts: Facts): string[] {
  return facts.bridges.map(({ name }) => name);
}

/** The vNICs of each VM of a host, in the order in which a program counts them. */
const vnicsByVm = memo((facts: Facts): ReadonlyMap<string, FoundPort[]> => {
  const vms = new Map<string, FoundPort[]>();
  for (const found of portsOf(facts, bridgesOf(facts))) {
    const uuid = uuidOf(found);
    if (uuid !== undefined) vms.set(uuid, [...(vms.get(uuid) ?? []), found]);
  }
  for (const nics of vms.values()) nics.sort(inVnicOrder);
  return vms;
});

/** The VM that a port belongs to, and which of its vNICs it is: by ascending MAC address, as a port's `vnic` counts. */
export function vmOf(facts: Facts, found: FoundPort): PortsVm {
  const uuid = uuidOf(found);
  if (uuid === undefined) return { name: found.port.name, index: 0 };
  const { externalIds } = found.interface;
  const name = VM_NAMES.map((key) => externalIds[key]).find((text) => text !== undefined) ?? uuid;
  const index = vnicsByVm(facts)
    .get(uuid)!
    .findIndex(({ interface: nic }) => nic.uuid === found.interface.uuid);
  return { uuid, name, index: Math.max(0, index) };
}

/** The VMs of a host with those vNICs that `isAllowed`, by name. */
export function vmsOf(view: End["view"], ends: Ends, isAllowed: (found: FoundPort) => boolean): Vm[] {
  const { inspection, record } = view;
  const { facts } = inspection;
  const tapBridge = tapBridgeOf(record);
  const sources = sourcesOn(view, ends);
  const vms = new Map<string, Vm>();
  for (const found of portsOf(facts, bridgesOf(facts))) {
    if (!isAllowed(found)) continue;
    const vm = vmOf(facts, found);
    const id = vm.uuid ?? `port ${found.port.name}`;
    const { uuid, name } = vm;
    const entry = vms.get(id) ?? { id, ...(uuid === undefined ? {} : { uuid }), name, vnics: [] };
    entry.vnics.push(vnicOf(found, vm, { monitor: found.bridge.name === tapBridge, sources }));
    vms.set(id, entry);
  }
  for (const { vnics } of vms.values()) vnics.sort((a, b) => a.index - b.index);
  return [...vms.values()].sort((a, b) => a.name.localeCompare(b.name, "en"));
}

/** The lasting reference to a port: its iface-id, else its vNIC, else its name. */
function refOf({ interface: nic, port }: FoundPort, { uuid, index }: PortsVm): PortRef {
  const ifaceId = nic.externalIds["iface-id"];
  if (ifaceId !== undefined) return { ifaceId };
  return uuid === undefined ? { port: port.name } : { vmUuid: uuid, vnic: index };
}

function vnicOf(
  found: FoundPort,
  vm: PortsVm,
  { monitor, sources }: { monitor: boolean; sources: ReadonlyMap<string, string[]> },
): Vnic {
  const { port, interface: nic } = found;
  const ifaceId = nic.externalIds["iface-id"];
  const mac = macOf(found);
  const network = port.otherConfig[NETWORK_KEY];
  return {
    port: port.name,
    ref: refOf(found, vm),
    index: vm.index,
    ...(mac === undefined ? {} : { mac }),
    ...(ifaceId === undefined ? {} : { ifaceId }),
    ...(network === undefined ? {} : { network }),
    ...(port.tag === undefined ? {} : { vlan: port.tag }),
    ...(nic.mtu === undefined ? {} : { mtu: nic.mtu }),
    monitor,
    tappedBy: sources.get(port.uuid) ?? [],
  };
}

/** Names of the taps of a host's ports, by port. */
function sourcesOn({ inspection }: End["view"], { flows }: Ends): Map<string, string[]> {
  const { facts } = inspection;
  const found = new Map<string, string[]>();
  for (const [owner, { source }] of flows) {
    if (source?.view.inspection.facts !== facts) continue;
    for (const { port } of tappedPorts(source))
      found.set(port.uuid, [...(found.get(port.uuid) ?? []), nameOf(owner)]);
  }
  return found;
}
