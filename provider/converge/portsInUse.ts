import type { Desired, Problem } from "../model/desired";
import { type FoundPort, portsOf } from "../model/findPort";
import { findMonitor, homeOf } from "../model/home";
import { stackOf } from "../model/identity";
import { monitorPortClaims, presentMonitorPort, strangersOn } from "../model/monitorPorts";
import { servicesAmong } from "../model/serviceNames";
import type { Facts } from "../ovs/facts";
import { printableLine } from "../printable";
import type { Claim, MonitorPortClaim, ServiceClaim } from "../schema/claim";

type Claims = ReadonlyMap<string, Claim>;

/** A host's tap bridge, and its desired state before. */
interface Stage {
  facts: Facts;
  tapBridge: string;
  before: Pick<Desired, "placements">;
}

/**
 * Why monitor ports that claims give up must stay, or the tap bridge with them: services of other stacks use a port that
 * would be deleted, or a VM is still attached and would then belong to no claim. Services of the port's own stack are
 * deleted or changed by the same run. A problem names the claim by its new owner key.
 */
export function portsInUse(read: Claims, after: Claims, stage: Stage): Problem[] {
  const { facts, tapBridge, before } = stage;
  const claims = monitorPortClaims(read.values());
  const last =
    after.size > 0 || claims.some(({ type }) => type === "attach") ? [] : lastToLeave(read, claims, stage);
  const kept = new Set(
    monitorPortClaims(after.values()).flatMap((claim) =>
      presentPorts(claim, stage).map(({ port }) => port.uuid),
    ),
  );
  const services = servicesAmong(after.values());
  const inUse = claims.flatMap((claim): Problem[] => {
    const owner = presentOwner(claim, after);
    if (claim.type === "attach") {
      const attached = presentPorts(claim, stage).filter(({ port }) => !kept.has(port.uuid));
      if (attached.length > 0)
        return [stillAttached(owner, attached, `${tapBridge} as the monitor port ${claim.owner}`)];
      const stranded = after.size > 0 ? [] : strangersOn(claims, facts, tapBridge, before);
      if (stranded.length === 0) return [];
      const where = `${tapBridge}, which would be deleted with the monitor port ${claim.owner}`;
      return [stillAttached(owner, stranded, where)];
    }
    const [found] = presentPorts(claim, stage);
    if (found === undefined || kept.has(found.port.uuid)) return [];
    const users = services.filter(
      (service) =>
        stackOf(service.owner) !== stackOf(claim.owner) &&
        service.ports.some(
          (port) => findMonitor(service, port, facts, tapBridge).found?.port.uuid === found.port.uuid,
        ),
    );
    return users.length === 0 ? [] : [stillUsed(claim, owner, users)];
  });
  return [...last, ...inUse];
}

/**
 * Why one of the last claims must stay though no monitor port asks for a VM: a hypervisor has attached one to the tap bridge
 * all the same. It would end up on another bridge. A port without an iface-id was put there by hand. The others may be
 * deleted, and taps before what they need, so that copies end.
 */
function lastToLeave(
  read: Claims,
  devices: readonly MonitorPortClaim[],
  { facts, tapBridge, before }: Stage,
): Problem[] {
  const attached = strangersOn(devices, facts, tapBridge, before).filter(
    ({ interface: { externalIds } }) => externalIds["iface-id"] !== undefined,
  );
  if (attached.length === 0) return [];
  const confirmed = [...read.values()].filter(({ pending }) => pending === undefined);
  const kept = confirmed.filter(({ kind }) => kind !== "flow").at(-1) ?? confirmed.at(-1);
  const owner = kept?.owner ?? [...read.keys()].at(-1);
  if (owner === undefined) return [];
  return [stillAttached(owner, attached, `${tapBridge}, which would be deleted with the claim of ${owner}`)];
}

/** The owner key of a claim after the edits. */
function presentOwner({ owner, token }: MonitorPortClaim, after: Claims): string {
  return monitorPortClaims(after.values()).find((claim) => claim.token === token)?.owner ?? owner;
}

/**
 * The ports of the tap bridge that belong to a claim: all with its iface-id, of which a crashed VM may have left one.
 */
function presentPorts(claim: MonitorPortClaim, { facts, tapBridge }: Stage): FoundPort[] {
  if (claim.type === "attach")
    return portsOf(facts, [tapBridge]).filter(
      ({ port, interface: nic }) =>
        nic.externalIds["iface-id"] === claim.ifaceId && homeOf(port) === undefined,
    );
  const found = presentMonitorPort(claim, facts, tapBridge);
  return found === undefined ? [] : [found];
}

function stillAttached(owner: string, ports: readonly FoundPort[], where: string): Problem {
  const names = ports.map(({ port }) => printableLine(port.name)).sort();
  return {
    owner,
    code: "monitor-port-in-use",
    message: `${names.length === 1 ? `port ${names[0]} is` : `ports ${names.join(" and ")} are`} still attached to ${where}`,
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
