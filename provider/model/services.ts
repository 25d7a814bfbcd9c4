import { encapsulationOf } from "../encapsulation/encapsulations";
import type { Facts } from "../ovs/facts";
import type { Claim, ServiceClaim } from "../schema/claim";
import { describePort, type PortInput } from "../schema/port";
import { type Delivery, deliverBack, deliverHere } from "./delivery";
import type { Desired, Placement, Problem } from "./desired";
import { type FoundPort, PORT_STATE } from "./findPort";
import { findMonitor, sendHome } from "./home";
import { servicesAmong, tunnelIdsOf } from "./serviceNames";

/** The services of a host, and the objects they need. */
export interface Services
  extends Pick<Desired, "ports" | "placements" | "monitors" | "rules" | "foreignRules" | "problems"> {
  /** By tunnel id. */
  deliveries: Map<number, Delivery>;
}

/** A monitor of a service, as the service names it. */
interface Monitor extends FoundPort {
  wanted: PortInput;
}

function place(
  { owner }: ServiceClaim,
  { port, interface: nic, wanted }: Monitor,
  bridge: string,
): Placement {
  const vnic = typeof wanted === "object" && "vmUuid" in wanted ? wanted.vnic : undefined;
  return {
    port: port.uuid,
    interface: nic.uuid,
    name: port.name,
    bridge,
    ...(vnic === undefined ? {} : { vnic }),
    owners: [owner],
  };
}

/**
 * Types of interfaces whose device or socket Open vSwitch creates itself: when the port changes bridges, it creates a
 * new one.
 */
const MADE_ANEW: ReadonlySet<string> = new Set(["internal", "tap", "dpdkvhostuser"]);

/** Why a port that is to become a monitor cannot be moved to the tap bridge. */
function immovable(
  { port, interface: nic }: FoundPort,
  facts: Facts,
  tapBridge: string,
): Omit<Problem, "owner"> | undefined {
  const stays = 'Set attachment: "integration-bridge"';
  if (MADE_ANEW.has(nic.type))
    return {
      code: "monitor-immovable",
      message: `monitor port ${port.name} is of type ${nic.type}: a move to ${tapBridge} would delete what Open vSwitch created for it and cut off the VM, container or program that uses it`,
      hint: `${stays}, or plug it another way: a veth pair, a tap device of the VM, dpdkvhostuserclient`,
    };
  if (nic.type === "patch" || encapsulationOf(nic.type) !== undefined)
    return {
      code: "monitor-immovable",
      message: `monitor port ${port.name} is of type ${nic.type}: a move to ${tapBridge} would cut off the traffic that passes through it`,
      hint: `${stays}, or name a port of a VM`,
    };
  const mirrors = Object.values(facts.mirrors).filter(({ outputPort }) => outputPort === port.uuid);
  if (mirrors.length === 0) return undefined;
  const names = mirrors.map(({ name }) => name).sort();
  return {
    code: "monitor-is-output",
    message: `monitor port ${port.name} is the output of Mirror ${names.join(" and ")}, whose copies it would not receive after a move to ${tapBridge}`,
    hint: `${stays}, so that it receives both, or choose another port`,
  };
}

/**
 * The plugged monitors of a service; none if the bridge on which they must be does not exist, which is a conflict of the
 * claim (`findConflicts`).
 */
function findMonitors(claim: ServiceClaim, facts: Facts, tapBridge: string, result: Services): Monitor[] {
  const { owner, attachment, integrationBridge } = claim;
  const isThere = facts.bridges.some(({ name }) => name === integrationBridge);
  if (attachment === "integration-bridge" && !isThere) return [];
  const bridges = [integrationBridge, tapBridge];
  return claim.ports.flatMap((wanted) => {
    const search = findMonitor(claim, wanted, facts, tapBridge);
    if (search.found === undefined) {
      const message = `monitor port ${describePort(wanted)} is ${PORT_STATE[search.reason]}`;
      result.problems.push({ owner, code: "port-missing", message });
      return [];
    }
    const { port, interface: nic, bridge } = search.found;
    const moves = attachment === "tap-bridge" && bridge.name !== tapBridge;
    const why = moves ? immovable(search.found, facts, tapBridge) : undefined;
    if (why !== undefined) {
      result.problems.push({ owner, ...why });
      return [];
    }
    const sought = { name: nic.name, wanted, bridges, attachment };
    result.monitors.push({ owner, port: port.uuid, interface: nic.uuid, ...sought });
    return [{ ...search.found, wanted }];
  });
}

function refuseTwice(services: readonly ServiceClaim[], result: Services): void {
  for (const claim of services) {
    for (const other of services) {
      if (other.owner === claim.owner || other.tunnelId !== claim.tunnelId) continue;
      result.problems.push({
        owner: claim.owner,
        code: "tunnel-id-taken",
        message: `tunnel id ${claim.tunnelId} belongs to ${other.owner} on this host`,
        hint: "Give this TapService another tunnelId",
      });
    }
  }
}

/** A port is on one bridge at a time, so services that share a monitor need the same attachment. */
function refuseTwoAttachments(deliveries: readonly Delivery[], result: Services): void {
  for (const { claim, monitors } of deliveries) {
    for (const other of deliveries) {
      if (other.claim.attachment === claim.attachment) continue;
      const shared = monitors.find(({ port }) =>
        other.monitors.some((monitor) => monitor.port.uuid === port.uuid),
      );
      if (shared === undefined) continue;
      result.problems.push({
        owner: claim.owner,
        code: "monitor-attachment-differs",
        message: `monitor port ${shared.port.name} cannot have attachment ${claim.attachment}: it serves ${other.claim.owner} with attachment ${other.claim.attachment}, and a port is on one bridge at a time`,
        hint: "Give both TapServices the same attachment, or another port; to change it for both, delete one of them first",
      });
    }
  }
}

/** Renders the services of a host: where each monitor is, and how copies reach it. */
export function renderServices(claims: readonly Claim[], facts: Facts, tapBridge: string): Services {
  const services = servicesAmong(claims);
  const result: Services = {
    deliveries: new Map(),
    ports: [],
    placements: [],
    monitors: [],
    rules: [],
    foreignRules: [],
    problems: [],
  };
  refuseTwice(services, result);
  const tunnelIds = tunnelIdsOf(claims);
  for (const claim of services) {
    const monitors = findMonitors(claim, facts, tapBridge, result);
    const here = claim.attachment === "tap-bridge";
    const ids = [...tunnelIds.get(claim.owner)!];
    const delivery = here ? deliverHere(claim, monitors, ids) : deliverBack(claim, monitors, ids, tapBridge);
    for (const id of ids) result.deliveries.set(id, delivery);
    if (monitors.length === 0) continue;
    result.ports.push(...delivery.ports);
    result.rules.push(...delivery.rules);
    result.foreignRules.push(...delivery.foreignRules);
    if (here) result.placements.push(...monitors.map((monitor) => place(claim, monitor, tapBridge)));
  }
  refuseTwoAttachments([...new Set(result.deliveries.values())], result);
  sendHome(facts, tapBridge, result);
  return result;
}
