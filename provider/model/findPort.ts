import type { BridgeFacts, Facts, InterfaceFacts, PortFacts } from "../ovs/facts";
import type { PortInput } from "../schema/port";

/** A port of a bridge together with its only interface. */
export interface FoundPort {
  port: PortFacts;
  interface: InterfaceFacts;
  bridge: BridgeFacts;
}

export type PortSearch =
  | { found: FoundPort }
  | { found: undefined; reason: "missing" }
  | { found: undefined; reason: "ambiguous"; candidates: FoundPort[] };

/** All ports with one interface on the named bridges. */
export function portsOf(facts: Facts, bridges: readonly string[]): FoundPort[] {
  return facts.bridges
    .filter((bridge) => bridges.includes(bridge.name))
    .flatMap((bridge) =>
      bridge.ports.flatMap((uuid) => {
        const port = facts.ports[uuid];
        const only = port?.interfaces.length === 1 ? facts.interfaces[port.interfaces[0]!] : undefined;
        return port === undefined || only === undefined ? [] : [{ port, interface: only, bridge }];
      }),
    );
}

function matches(candidate: FoundPort, wanted: PortInput): boolean {
  const ids = candidate.interface.externalIds;
  if (typeof wanted === "string")
    return candidate.port.name === wanted || candidate.interface.name === wanted;
  if ("ifaceId" in wanted) return ids["iface-id"] === wanted.ifaceId;
  if ("mac" in wanted) return ids["attached-mac"]?.toLowerCase() === wanted.mac;
  return ids["vm-id"] === wanted.vmUuid || ids["vm-uuid"] === wanted.vmUuid;
}

function attachedMac(candidate: FoundPort): string {
  return candidate.interface.externalIds["attached-mac"]?.toLowerCase() ?? "";
}

/** Finds a port by what the program says of it. An inactive row (a migration's other half) is passed over when another matches. */
export function findPort(facts: Facts, bridges: readonly string[], wanted: PortInput): PortSearch {
  const all = portsOf(facts, bridges).filter((candidate) => matches(candidate, wanted));
  const active = all.filter((candidate) => candidate.interface.externalIds["iface-status"] !== "inactive");
  const rows = active.length > 0 ? active : all;
  if (typeof wanted === "object" && "vmUuid" in wanted && wanted.vnic !== undefined) {
    const nic = rows.sort((a, b) => (attachedMac(a) < attachedMac(b) ? -1 : 1))[wanted.vnic];
    return nic === undefined ? { found: undefined, reason: "missing" } : { found: nic };
  }
  if (rows.length === 0) return { found: undefined, reason: "missing" };
  if (rows.length > 1) return { found: undefined, reason: "ambiguous", candidates: rows };
  return { found: rows[0]! };
}

/** One line a port, by name, for the error that says what is there. */
export function listPorts(candidates: readonly FoundPort[]): string {
  const named = [...candidates].sort((a, b) => (a.port.name < b.port.name ? -1 : 1));
  const lines = named.map(({ port, interface: nic }) => {
    const known = ["iface-id", "attached-mac", "vm-uuid", "vm-id"]
      .filter((key) => nic.externalIds[key] !== undefined)
      .map((key) => `${key}=${nic.externalIds[key]}`);
    return known.length === 0 ? port.name : `${port.name} (${known.join(", ")})`;
  });
  const shown = lines.slice(0, 30);
  return lines.length > shown.length
    ? `${shown.join("; ")}; and ${lines.length - shown.length} more`
    : shown.join("; ");
}
