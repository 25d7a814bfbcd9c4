import type { Problem } from "../model/desired";
import { type FoundPort, portsOf } from "../model/findPort";
import { findMonitor, homeOf } from "../model/home";
import { stackOf } from "../model/identity";
import { monitorPortClaims, monitorPortInput, presentMonitorPort } from "../model/monitorPorts";
import { servicesAmong } from "../model/serviceNames";
import type { Facts } from "../ovs/facts";
import type { Claim, MonitorPortClaim, ServiceClaim } from "../schema/claim";
import { portKey } from "../schema/port";
import { portsAre } from "./bridgeInUse";

type Claims = ReadonlyMap<string, Claim>;

/** A host's tap bridge. */
interface Stage {
  facts: Facts;
  tapBridge: string;
}

/**
 * Why monitor ports that claims give up must stay: services of other stacks use them, or a VM is still attached and would
 * then belong to no claim. Services of the port's own stack are deleted or changed by the same run. A problem names the
 * claim by its new owner key.
 */
export function portsInUse(read: Claims, after: Claims, stage: Stage): Problem[] {
  const kept = new Set(monitorPortClaims(after.values()).map(keyOf));
  const services = servicesAmong(after.values());
  return monitorPortClaims(read.values())
    .filter((claim) => !kept.has(keyOf(claim)))
    .flatMap((claim): Problem[] => {
      const owner = presentOwner(claim, after);
      const attached = claim.type === "attach" ? attachedPorts(claim, stage) : [];
      if (attached.length > 0) return [stillAttached(claim, owner, attached, stage)];
      const users = services.filter(
        (service) => stackOf(service.owner) !== stackOf(claim.owner) && uses(service, claim, stage),
      );
      return users.length === 0 ? [] : [stillUsed(claim, owner, users)];
    });
}

/** What identifies the port of a claim. */
function keyOf(claim: MonitorPortClaim): string {
  return portKey(monitorPortInput(claim));
}

/** Whether a service names a monitor port, by its own name or another. */
function uses(service: ServiceClaim, claim: MonitorPortClaim, { facts, tapBridge }: Stage): boolean {
  const wanted = keyOf(claim);
  const present = presentMonitorPort(claim, facts, tapBridge)?.port.uuid;
  return service.ports.some(
    (port) =>
      portKey(port) === wanted ||
      (present !== undefined && findMonitor(service, port, facts, tapBridge).found?.port.uuid === present),
  );
}

/** The owner key of a claim after the edits. */
function presentOwner({ owner, token }: MonitorPortClaim, after: Claims): string {
  return monitorPortClaims(after.values()).find((claim) => claim.token === token)?.owner ?? owner;
}

/** The VMs' ports on the tap bridge with a claim's iface-id, of which a crashed VM may have left one. */
function attachedPorts({ ifaceId }: MonitorPortClaim, { facts, tapBridge }: Stage): FoundPort[] {
  return portsOf(facts, [tapBridge]).filter(
    ({ port, interface: nic }) => nic.externalIds["iface-id"] === ifaceId && homeOf(port) === undefined,
  );
}

function stillAttached(
  claim: MonitorPortClaim,
  owner: string,
  ports: readonly FoundPort[],
  { tapBridge }: Stage,
): Problem {
  return {
    owner,
    code: "monitor-port-in-use",
    message: `${portsAre(ports.map(({ port }) => port))} still attached to ${tapBridge} as the monitor port ${claim.owner}`,
    hint: "Shut its VM down, or detach the VM's interface; then run this again",
  };
}

function stillUsed(claim: MonitorPortClaim, owner: string, users: readonly ServiceClaim[]): Problem {
  return {
    owner,
    code: "monitor-port-in-use",
    message: `monitor port ${claim.owner} is still used by ${users.map((user) => user.owner).join(", ")}`,
    hint: "In the stacks that created them, destroy those TapServices or give them another port; then run this again",
  };
}
