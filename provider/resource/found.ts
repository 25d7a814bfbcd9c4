import { integrationBridgeOf, tapBridgeOf } from "../converge/access";
import type { Look } from "../converge/look";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { type FoundPort, findPort, listPorts, PORT_STATE, type PortSearch, portsOf } from "../model/findPort";
import { findMonitor } from "../model/home";
import { isOurObject } from "../model/identity";
import { missingBridge } from "../model/missingBridge";
import { monitorPortClaims, monitorPortInput } from "../model/monitorPorts";
import type { PortFacts } from "../ovs/facts";
import { printableLine } from "../printable";
import type { MonitorPortClaim } from "../schema/claim";
import { describePort, type FoundIfaceIds, type PortInput, portKey, withFoundIfaceId } from "../schema/port";
import type { Properties } from "./resource";

/** The bridges of a host on which a VM's port can be. */
function searched(seen: Look): string[] {
  return [integrationBridgeOf(seen.record), tapBridgeOf(seen.record)];
}

/** Looks for a monitor on a host. */
function searchMonitor({ record, facts }: Look, wanted: PortInput): PortSearch {
  return findMonitor({ integrationBridge: integrationBridgeOf(record) }, wanted, facts, tapBridgeOf(record));
}

type Role = "monitor" | "source";

/**
 * Whether an operation fails without its port. A create needs it, and so does an update that names another port or
 * host, before the old one is deleted. Any other update continues: a stopped VM is drift.
 */
export type Presence = "required" | "optional";

/** The ports of a resource, and the hosts that may have them. */
interface Place {
  ports: readonly PortInput[];
  hosts: readonly HostRecord[];
}

/** Whether a resource needs its ports now: not if ports and hosts are unchanged. */
export function presenceAt(next: Place, previous: Place | undefined): Presence {
  if (previous === undefined) return "required";
  const known = new Set(previous.ports.map(portKey));
  const stays = next.hosts.some(({ address }) => previous.hosts.some((host) => host.address === address));
  return stays && next.ports.every((port) => known.has(portKey(port))) ? "optional" : "required";
}

/** The iface-ids in the state of ports that are named by MAC address. */
export function knownIfaceIds(state: Properties): FoundIfaceIds | undefined {
  return state.ifaceIds as FoundIfaceIds | undefined;
}

/** What happens to a port that the resource waits for. */
export const WAITING_HINT = "Run up again when the VM is back";

/** The result of a search for a port: the port, or a message about its absence. */
export type Sought = ({ found: FoundPort; missing?: never } | { found?: never; missing: string }) & {
  /** The port as the claim names it from now on. */
  claimed: PortInput;
};

/** Looks for the tapped port. Throws if it is required and cannot be used. */
export function seekSource(seen: Look, wanted: PortInput, presence: Presence): Sought {
  return sought(seen, wanted, "source", findPort(seen.facts, searched(seen), wanted), presence);
}

/** Looks for a monitor of a service in the same way. */
export function seekMonitor(seen: Look, wanted: PortInput, presence: Presence): Sought {
  return sought(seen, wanted, "monitor", searchMonitor(seen, wanted), presence);
}

function sought(seen: Look, wanted: PortInput, role: Role, search: PortSearch, presence: Presence): Sought {
  if (search.found !== undefined) {
    const { found } = search;
    const id = found.interface.externalIds["iface-id"];
    const known =
      typeof wanted === "object" && "mac" in wanted && id !== undefined ? { [wanted.mac]: id } : {};
    return { found, claimed: withFoundIfaceId(wanted, known) };
  }
  if (presence === "required") throw refusal(seen, wanted, role, search);
  const state = PORT_STATE[search.reason];
  const missing = `host ${seen.record.name}: ${role} port ${describePort(wanted)} is ${state}${strangers(seen, wanted)}`;
  return { missing, claimed: wanted };
}

/** The ports with the MAC address but another iface-id. */
function strangers(seen: Look, wanted: PortInput): string {
  if (typeof wanted === "string" || !("mac" in wanted)) return "";
  const others = portsOf(seen.facts, searched(seen)).filter(
    ({ interface: { externalIds } }) => externalIds["attached-mac"]?.toLowerCase() === wanted.mac,
  );
  if (wanted.foundIfaceId === undefined || others.length === 0) return "";
  return `; ${listPorts(others)} has that MAC under another iface-id: if it is the right port, name it by its ifaceId or replace the resource`;
}

/** Why a port cannot be used, and which ports there are. */
function refusal(
  seen: Look,
  wanted: PortInput,
  role: Role,
  search: Exclude<PortSearch, { found: FoundPort }>,
): TaasError {
  if (search.reason === "bond") return bondRefused(seen, wanted, role, search.port);
  const bridge = integrationBridgeOf(seen.record);
  if (search.reason === "ambiguous") {
    return new TaasError(
      `${role} port ${describePort(wanted)} is ambiguous: ${listPorts(search.candidates)}`,
      {
        code: "port-ambiguous",
        host: seen.record.name,
        hint: "Name one of them, or give vnic (counted from 0 by ascending attached-mac)",
      },
    );
  }
  const awaited = awaitedFor(seen, wanted);
  if (awaited !== undefined && role === "source") {
    return new TaasError(
      `port ${describePort(wanted)} is the monitor port ${awaited.owner} and cannot be tapped`,
      { code: "source-is-monitor", host: seen.record.name, hint: "Tap another port" },
    );
  }
  if (awaited !== undefined) {
    return new TaasError(
      `${role} port ${describePort(wanted)} is not attached to ${tapBridgeOf(seen.record)} yet`,
      {
        code: "port-missing",
        host: seen.record.name,
        hint: "Start its VM with the interface in the MonitorPort's output libvirt; attachTimeout sets how long to wait for it",
      },
    );
  }
  const missing = missingBridge(seen.facts, bridge);
  if (missing !== undefined) {
    const { message, hint } = missing;
    return new TaasError(message, { code: "bridge-missing", host: seen.record.name, hint });
  }
  const there = portsOf(seen.facts, [bridge]).filter(
    ({ port, interface: nic }) => nic.type !== "patch" && port.name !== bridge && !isOurObject(port),
  );
  return new TaasError(
    `${role} port ${describePort(wanted)} is not plugged into ${bridge}; ports there: ${there.length === 0 ? "no VM port" : listPorts(there)}`,
    {
      code: "port-missing",
      host: seen.record.name,
      hint: "Check the name, or start the VM; attachTimeout sets how long to wait for it",
    },
  );
}

/** The claim of a MonitorPort that a hypervisor has to attach. */
function awaitedFor({ read }: Look, wanted: PortInput): MonitorPortClaim | undefined {
  return monitorPortClaims(read.claims.values()).find(
    (claim) => claim.type === "attach" && portKey(monitorPortInput(claim)) === portKey(wanted),
  );
}

function bondRefused(seen: Look, wanted: PortInput, role: Role, port: PortFacts): TaasError {
  const names = port.interfaces.map((uuid) => seen.facts.interfaces[uuid]?.name ?? uuid).sort();
  const use = role === "monitor" ? "be a monitor" : "be tapped";
  return new TaasError(
    `${role} port ${describePort(wanted)} is a bond: ${port.name} has the interfaces ${names.join(", ")}, and only a port with one interface can ${use}`,
    {
      code: "port-bond",
      host: seen.record.name,
      hint: "Name a port with one interface, such as a VM's: the bond's traffic can be seen there",
    },
  );
}

/** The OVS name of a port, for people; empty while it is not plugged. */
export function portNameOf(seen: Look, wanted: PortInput): string {
  return printableLine(findPort(seen.facts, searched(seen), wanted).found?.port.name ?? "");
}

/** The same for a service's monitor. */
export function monitorNameOf(seen: Look, wanted: PortInput): string {
  return printableLine(searchMonitor(seen, wanted).found?.port.name ?? "");
}
