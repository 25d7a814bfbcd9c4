import type { Desired, Problem } from "../model/desired";
import { isMarked } from "../model/identity";
import { isVmPort } from "../model/vmPort";
import type { BridgeFacts, Facts, PortFacts } from "../ovs/facts";
import { isOurPort, namesOf } from "../plan/ours";
import { printableLine } from "../printable";

/** What a host has, should have had, and should have once it has no claim. */
interface Stage {
  facts: Facts;
  before: Desired;
  desired: Desired;
}

/**
 * Ports on the tap bridge that may be a VM's, and that we neither created nor move home: a hypervisor attached them there,
 * somebody moved them by hand, or the note of their home is lost. A port that cannot be a VM's, such as one on which
 * somebody watched copies, is deleted with the bridge.
 */
function straysOn(tap: BridgeFacts, { facts, before, desired }: Stage): PortFacts[] {
  const names = namesOf(desired, before);
  const homeward = new Set(desired.placements.map(({ port }) => port));
  return tap.ports
    .flatMap((id) => facts.ports[id] ?? [])
    .filter((port) => !isOurPort(port, tap.name, names) && !isOrphan(port, facts))
    .filter((port) => !homeward.has(port.uuid) && isVmPort(port, facts));
}

/** Whether a port is one that we created for a VM to use, and that lost its claim. */
function isOrphan(port: PortFacts, facts: Facts): boolean {
  return (
    isMarked(port) && port.interfaces.every((id) => facts.interfaces[id]?.type === "dpdkvhostuserclient")
  );
}

/** Ports as the subject of a sentence, with its verb: `port a is`, `ports a and b are`. */
export function portsAre(ports: readonly PortFacts[]): string {
  const names = ports.map(({ name }) => printableLine(name)).sort();
  return names.length === 1 ? `port ${names[0]} is` : `ports ${names.join(" and ")} are`;
}

/**
 * Why the tap bridge cannot be deleted with the last claim, if so: a port on it may be a VM's. Only its hypervisor, or
 * whoever moved it there, knows where it belongs: on another bridge it could get all frames of all VLANs.
 */
export function bridgeInUse(tap: BridgeFacts | undefined, stage: Stage): Problem | undefined {
  if (tap === undefined) return undefined;
  const strays = straysOn(tap, stage);
  if (strays.length === 0) return undefined;
  return {
    code: "tap-bridge-in-use",
    message: `bridge ${tap.name} cannot be deleted with its last claim: ${portsAre(strays)} still attached to it, and may be a VM's`,
    hint: "Shut its VM down, detach the VM's interface, or move the port to the bridge it belongs to; then run this again",
  };
}
