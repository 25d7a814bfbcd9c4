import type { BridgeFacts, Facts, InterfaceFacts, PortFacts } from "../ovs/facts";
import type { PortInput } from "../schema/port";

/** A port of a bridge together with its interface. */
export interface FoundPort {
  port: PortFacts;
  interface: InterfaceFacts;
  bridge: BridgeFacts;
}

export type PortSearch =
  | { found: FoundPort }
  | { found: undefined; reason: "missing" }
  | { found: undefined; reason: "ambiguous"; candidates: FoundPort[] }
  | { found: undefined; reason: "bond"; port: PortFacts };

/** The state of a port that cannot be used, by the reason. */
export const PORT_STATE: Record<Exclude<PortSearch, { found: FoundPort }>["reason"], string> = {
  missing: "not plugged",
  ambiguous: "ambiguous",
  bond: "a bond",
};

/** The properties by which ports are found. */
type Sign = "name" | "ifaceId" | "mac" | "vm";

/** The ports of a host: those with one interface by bridge, and all by each property of each of their interfaces. */
interface PortIndex {
  byBridge: Map<string, FoundPort[]>;
  bySign: Record<Sign, Map<string, FoundPort[]>>;
}

/** The keys under which clouds write a VM's id: Nova, libvirt and XenServer. */
export const VM_KEYS = ["vm-uuid", "vm-id", "xs-vm-uuid"];

/** Whether a port belongs to a VM. */
export function isVmOf({ interface: { externalIds } }: Pick<FoundPort, "interface">, uuid: string): boolean {
  return VM_KEYS.some((key) => externalIds[key] === uuid);
}

/** Facts never change, so their index is computed once. */
const indices = new WeakMap<Facts, PortIndex>();

function isBond(port: PortFacts): boolean {
  return port.interfaces.length > 1;
}

/** A port with each of its interfaces. */
export function withInterfaces(facts: Facts, bridge: BridgeFacts, uuid: string): FoundPort[] {
  const port = facts.ports[uuid];
  if (port === undefined) return [];
  const nics = port.interfaces.map((nic) => facts.interfaces[nic]).filter((nic) => nic !== undefined);
  return nics.map((nic) => ({ port, interface: nic, bridge }));
}

function note(map: Map<string, FoundPort[]>, key: string | undefined, found: FoundPort): void {
  if (key === undefined) return;
  const noted = map.get(key);
  if (noted === undefined) map.set(key, [found]);
  else if (!noted.includes(found)) noted.push(found);
}

function indexOf(facts: Facts): PortIndex {
  const known = indices.get(facts);
  if (known !== undefined) return known;
  const index: PortIndex = {
    byBridge: new Map(),
    bySign: { name: new Map(), ifaceId: new Map(), mac: new Map(), vm: new Map() },
  };
  for (const bridge of facts.bridges) {
    const here: FoundPort[] = [];
    for (const found of bridge.ports.flatMap((uuid) => withInterfaces(facts, bridge, uuid))) {
      const { port, interface: nic } = found;
      if (!isBond(port)) here.push(found);
      const { bySign } = index;
      note(bySign.name, port.name, found);
      note(bySign.name, nic.name, found);
      note(bySign.ifaceId, nic.externalIds["iface-id"], found);
      note(bySign.mac, nic.externalIds["attached-mac"]?.toLowerCase(), found);
      for (const key of VM_KEYS) note(bySign.vm, nic.externalIds[key], found);
    }
    index.byBridge.set(bridge.name, here);
  }
  indices.set(facts, index);
  return index;
}

/** All ports with exactly one interface on the named bridges. */
export function portsOf(facts: Facts, bridges: readonly string[]): FoundPort[] {
  const { byBridge } = indexOf(facts);
  return facts.bridges
    .filter(({ name }) => bridges.includes(name))
    .flatMap(({ name }) => byBridge.get(name)!);
}

/** The ports with a property, on whichever bridge. */
function bearing(facts: Facts, wanted: PortInput): readonly FoundPort[] {
  const { bySign } = indexOf(facts);
  if (typeof wanted === "string") return bySign.name.get(wanted) ?? [];
  if ("ifaceId" in wanted) return bySign.ifaceId.get(wanted.ifaceId) ?? [];
  if ("mac" in wanted) {
    const { mac, foundIfaceId } = wanted;
    const all = bySign.mac.get(mac) ?? [];
    if (foundIfaceId === undefined) return all;
    return all.filter((found) => found.interface.externalIds["iface-id"] === foundIfaceId);
  }
  return bySign.vm.get(wanted.vmUuid) ?? [];
}

/** The order of a VM's vNICs: by MAC address, those without one last, and by name if that is equal. */
export function inVnicOrder(a: FoundPort, b: FoundPort): number {
  const [first, second] = [a, b].map(({ interface: { externalIds, name } }) => {
    const mac = externalIds["attached-mac"]?.toLowerCase();
    return [mac === undefined ? "none" : "any", mac ?? "", name];
  }) as [string[], string[]];
  const place = first.findIndex((sign, index) => sign !== second[index]);
  if (place < 0) return 0;
  return first[place]! < second[place]! ? -1 : 1;
}

/**
 * Finds a port with exactly one interface as the program names it. An inactive row (the other one of a live migration)
 * is skipped if another matches. `isSettled`: prefers one of several matches, if it holds for exactly one.
 */
export function findPort(
  facts: Facts,
  bridges: readonly string[],
  wanted: PortInput,
  isSettled: (found: FoundPort) => boolean = () => false,
): PortSearch {
  const bearers = bearing(facts, wanted).filter(({ bridge }) => bridges.includes(bridge.name));
  const vnic = typeof wanted === "object" && "vmUuid" in wanted ? wanted.vnic : undefined;
  // In most cases there is exactly one, and nothing to choose.
  if (bearers.length === 1 && !isBond(bearers[0]!.port) && (vnic ?? 0) === 0) return { found: bearers[0]! };
  const all = bearers.filter(({ port }) => !isBond(port));
  if (all.length === 0 && bearers.length > 0)
    return { found: undefined, reason: "bond", port: bearers[0]!.port };
  const active = all.filter((candidate) => candidate.interface.externalIds["iface-status"] !== "inactive");
  const rows = active.length > 0 ? active : all;
  const [settled, ...others] = rows.filter(isSettled);
  if (settled !== undefined && others.length === 0) return { found: settled };
  if (vnic !== undefined) {
    const nic = rows.sort(inVnicOrder)[vnic];
    return nic === undefined ? { found: undefined, reason: "missing" } : { found: nic };
  }
  if (rows.length === 0) return { found: undefined, reason: "missing" };
  if (rows.length > 1) return { found: undefined, reason: "ambiguous", candidates: rows };
  return { found: rows[0]! };
}

/** One entry per port, by name, for errors that list the existing ports. */
export function listPorts(candidates: readonly FoundPort[]): string {
  const named = [...candidates].sort((a, b) => (a.port.name < b.port.name ? -1 : 1));
  const lines = named.map(({ port, interface: nic }) => {
    const known = ["iface-id", "attached-mac", ...VM_KEYS]
      .filter((key) => nic.externalIds[key] !== undefined)
      .map((key) => `${key}=${nic.externalIds[key]}`);
    return known.length === 0 ? port.name : `${port.name} (${known.join(", ")})`;
  });
  const shown = lines.slice(0, 30);
  return lines.length > shown.length
    ? `${shown.join("; ")}; and ${lines.length - shown.length} more`
    : shown.join("; ");
}
