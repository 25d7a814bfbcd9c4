import { integrationBridgeOf, tapBridgeOf } from "../converge/access";
import type { Look } from "../converge/hostQueue";
import { TaasError } from "../errors";
import { findMonitor } from "../model/findMonitor";
import { type FoundPort, findPort, listPorts, type PortSearch, portsOf } from "../model/findPort";
import type { PortFacts } from "../ovs/facts";
import { MARK } from "../plan/ours";
import { printableLine } from "../printable";
import { describePort, type PortInput } from "../schema/port";

/** The bridges of a host that a VM's port can be on. */
function searched(seen: Look): string[] {
  return [integrationBridgeOf(seen.record), tapBridgeOf(seen.record)];
}

/** Looks for a monitor of the service that an owner has, or may get, on a host. */
function searchMonitor({ record, facts, read }: Look, wanted: PortInput, owner: string): PortSearch {
  const claim = read.claims.get(owner);
  const homes = claim?.kind === "service" ? claim.homes : undefined;
  return findMonitor(
    { homes, integrationBridge: integrationBridgeOf(record) },
    wanted,
    facts,
    tapBridgeOf(record),
  );
}

/** The monitor that a service is about; fails like `requirePort`. `owner`: of the service as it is on the host. */
export function requireMonitor(seen: Look, wanted: PortInput, owner: string): FoundPort {
  return searchMonitor(seen, wanted, owner).found ?? requirePort(seen, wanted, "monitor");
}

/** The port a resource is about; an error that lists what is there when there is none, or more than one. */
export function requirePort(seen: Look, wanted: PortInput, role: "monitor" | "source"): FoundPort {
  const search = findPort(seen.facts, searched(seen), wanted);
  if (search.found !== undefined) return search.found;
  if (search.reason === "bond") throw bondRefused(seen, wanted, role, search.port);
  const bridge = integrationBridgeOf(seen.record);
  if (search.reason === "ambiguous") {
    throw new TaasError(
      `${role} port ${describePort(wanted)} is not the only one: ${listPorts(search.candidates)}`,
      {
        code: "port-ambiguous",
        host: seen.record.name,
        hint: "Name one of them, or say which vnic (counted from 0 by ascending attached-mac)",
      },
    );
  }
  if (!seen.facts.bridges.some((candidate) => candidate.name === bridge)) {
    const there = seen.facts.bridges.map((candidate) => candidate.name).join(", ");
    throw new TaasError(`there is no bridge ${bridge} (there is ${there === "" ? "none" : there})`, {
      code: "bridge-missing",
      host: seen.record.name,
      hint: "Name the bridge the VMs plug into with the host's integrationBridge",
    });
  }
  const there = portsOf(seen.facts, [bridge]).filter(
    ({ port, interface: nic }) =>
      nic.type !== "patch" && port.name !== bridge && port.externalIds[MARK] === undefined,
  );
  throw new TaasError(
    `${role} port ${describePort(wanted)} is not plugged into ${bridge}; there is ${there.length === 0 ? "no VM port" : listPorts(there)}`,
    {
      code: "port-missing",
      host: seen.record.name,
      hint: "Check the name, or start the VM; attachTimeout says how long to wait for it",
    },
  );
}

function bondRefused(seen: Look, wanted: PortInput, role: "monitor" | "source", port: PortFacts): TaasError {
  const names = port.interfaces.map((uuid) => seen.facts.interfaces[uuid]?.name ?? uuid).sort();
  const use = role === "monitor" ? "be a monitor" : "be tapped";
  return new TaasError(
    `${role} port ${describePort(wanted)} is a bond: ${port.name} has the interfaces ${names.join(", ")}, and only a port with one can ${use}`,
    {
      code: "port-bond",
      host: seen.record.name,
      hint: "Name a port with one interface, such as a VM's: what goes through a bond is seen there",
    },
  );
}

/** The OVS name of a port, for people; empty while it is not plugged. */
export function portNameOf(seen: Look, wanted: PortInput): string {
  return printableLine(findPort(seen.facts, searched(seen), wanted).found?.port.name ?? "");
}

/** The OVS name of a service's monitor, likewise. */
export function monitorNameOf(seen: Look, wanted: PortInput, owner: string): string {
  return printableLine(searchMonitor(seen, wanted, owner).found?.port.name ?? "");
}
