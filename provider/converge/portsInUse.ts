import type { Problem } from "../model/desired";
import { findMonitor } from "../model/home";
import { stackOf } from "../model/identity";
import { monitorPortClaims, presentMonitorPort } from "../model/monitorPorts";
import type { Facts } from "../ovs/facts";
import { printableLine } from "../printable";
import type { Claim, MonitorPortClaim, ServiceClaim } from "../schema/claim";

type Claims = ReadonlyMap<string, Claim>;

/**
 * Why monitor ports that claims give up must stay: services of other stacks use a port that would be deleted, or a VM is still
 * attached, which would be nobody's afterwards. Services of the port's own stack are deleted or changed by the same run.
 */
export function portsInUse(before: Claims, after: Claims, facts: Facts, tapBridge: string): Problem[] {
  const kept = new Set(
    monitorPortClaims(after.values()).flatMap(
      (claim) => presentMonitorPort(claim, facts, tapBridge)?.port.uuid ?? [],
    ),
  );
  const services = [...after.values()].filter((claim): claim is ServiceClaim => claim.kind === "service");
  return monitorPortClaims(before.values()).flatMap((claim): Problem[] => {
    const found = presentMonitorPort(claim, facts, tapBridge);
    if (found === undefined || kept.has(found.port.uuid)) return [];
    const { name, uuid } = found.port;
    if (claim.type === "attach") return [stillAttached(claim, name, tapBridge)];
    const users = services.filter(
      (service) =>
        stackOf(service.owner) !== stackOf(claim.owner) &&
        service.ports.some((port) => findMonitor(service, port, facts, tapBridge).found?.port.uuid === uuid),
    );
    return users.length === 0 ? [] : [stillUsed(claim, users)];
  });
}

function stillAttached({ owner }: MonitorPortClaim, name: string, tapBridge: string): Problem {
  return {
    owner,
    code: "monitor-port-in-use",
    message: `port ${printableLine(name)} is still attached to ${tapBridge} as the monitor port ${owner}`,
    hint: "Shut its VM down, or detach the VM's interface; then run this again",
  };
}

function stillUsed({ owner }: MonitorPortClaim, users: readonly ServiceClaim[]): Problem {
  return {
    owner,
    code: "monitor-port-in-use",
    message: `monitor port ${owner} is still used by ${users.map((user) => user.owner).join(", ")}`,
    hint: "In the stacks that made them, destroy those TapServices or give them another port; then run this again",
  };
}
