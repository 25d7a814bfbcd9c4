import type { Facts } from "../ovs/facts";
import type { Claim, MonitorPortClaim } from "../schema/claim";
import { describePort, type PortInput, portKey } from "../schema/port";
import { isUserspace } from "./datapath";
import type { Desired, DesiredPort, Problem } from "./desired";
import { type FoundPort, findPort, listPorts, portsOf } from "./findPort";
import { homeOf } from "./home";
import { isMarked, isOurObject } from "./identity";
import { isVmPort } from "./vmPort";

/** Open vSwitch's interface type for a monitor port that it creates. */
const INTERFACE_TYPES = { internal: "internal", "vhost-user": "dpdkvhostuserclient" } as const;

/**
 * The MTU of a device if its claim has none, in bytes. Without a request, Open vSwitch gives an internal port the
 * smallest MTU of the bridge's other ports: a VM that becomes a monitor beside the device would lower it, and the
 * kernel would drop large copies to the device.
 */
const DEVICE_MTU = 1500;

/** A monitor port as a TapService names it. */
export function monitorPortInput({
  type,
  name,
  ifaceId,
}: Pick<MonitorPortClaim, "type" | "name" | "ifaceId">): PortInput {
  return type === "attach" ? { ifaceId: ifaceId! } : name!;
}

/** The monitor ports among claims. */
export function monitorPortClaims(claims: Iterable<Claim>): MonitorPortClaim[] {
  return [...claims].filter((claim): claim is MonitorPortClaim => claim.kind === "monitor-port");
}

/** The port on the tap bridge that belongs to a monitor port; a port that a service has moved there does not. */
export function presentMonitorPort(
  claim: Pick<MonitorPortClaim, "type" | "name" | "ifaceId">,
  facts: Facts,
  tapBridge: string,
): FoundPort | undefined {
  const { found } = findPort(facts, [tapBridge], monitorPortInput(claim));
  return found === undefined || homeOf(found.port) !== undefined ? undefined : found;
}

/** The port that Open vSwitch creates for a claim; undefined if a hypervisor plugs it. */
function portOf(claim: MonitorPortClaim, tapBridge: string): DesiredPort | undefined {
  const { type, name, mac, mtu, socketPath, owner } = claim;
  if (type === "attach") return undefined;
  return {
    name: name!,
    bridge: tapBridge,
    type: INTERFACE_TYPES[type],
    options: type === "internal" ? {} : { "vhost-server-path": socketPath! },
    device: { mac, mtu: mtu ?? (type === "internal" ? DEVICE_MTU : undefined) },
    vlans: "all",
    owners: [owner],
  };
}

/** Another claim that asks for the same port, if any. */
function rivalOf(claim: MonitorPortClaim, all: readonly MonitorPortClaim[]): string | undefined {
  const wanted = portKey(monitorPortInput(claim));
  const rival = all.find((one) => one.owner !== claim.owner && portKey(monitorPortInput(one)) === wanted);
  return rival === undefined ? undefined : `is the monitor port of ${rival.owner}`;
}

/** What uses the name of a port that is to be created, if that is not ours. */
function takerOf(claim: MonitorPortClaim, facts: Facts, tapBridge: string): string | undefined {
  if (claim.type === "attach") return undefined;
  if (claim.name === tapBridge) return "is the tap bridge";
  const bridges = facts.bridges.map(({ name }) => name);
  const search = findPort(facts, bridges, claim.name!);
  if (search.found === undefined) return search.reason === "missing" ? undefined : "is in use";
  const { bridge, port, interface: nic } = search.found;
  const signs = [bridge.name === tapBridge, nic.type === INTERFACE_TYPES[claim.type], isMarked(port)];
  // Somebody may have moved our port, altered its type or removed its mark.
  const isOurs = homeOf(port) === undefined && signs.filter(Boolean).length >= 2;
  if (isOurs) return undefined;
  return `is taken by a port of ${bridge.name}, ${listPorts([search.found])}`;
}

/**
 * What uses the socket of a port that is to be created. DPDK supports one port per socket: a second one fails, and when
 * it is deleted, the first is cut off from its VM. A port of ours that has its socket keeps it.
 */
function socketHolderOf(
  { type, owner, name, socketPath }: MonitorPortClaim,
  all: readonly MonitorPortClaim[],
  facts: Facts,
): string | undefined {
  if (type !== "vhost-user") return undefined;
  const holders = Object.values(facts.interfaces).filter(
    ({ options }) => options["vhost-server-path"] === socketPath,
  );
  if (holders.some((nic) => nic.name === name)) return undefined;
  if (holders.length > 0) return `port ${holders[0]!.name}`;
  const rival = all.find((one) => one.owner !== owner && one.socketPath === socketPath);
  return rival === undefined ? undefined : `the monitor port ${rival.owner}`;
}

/** What uses the name or the socket of a port that is to be created. */
interface Taken {
  name: string | undefined;
  socket: string | undefined;
}

/** Why a claim's port is impossible. */
function refusalOf(
  claim: MonitorPortClaim,
  all: readonly MonitorPortClaim[],
  facts: Facts,
  taken: Taken,
): Omit<Problem, "owner"> | undefined {
  const { type, integrationBridge } = claim;
  const taker = rivalOf(claim, all) ?? taken.name;
  if (taker !== undefined)
    return {
      code: "monitor-port-taken",
      message: `port ${describePort(monitorPortInput(claim))} ${taker}`,
      hint: `Give the MonitorPort another ${type === "attach" ? "ifaceId" : "name"}`,
    };
  if (type !== "vhost-user") return undefined;
  if (taken.socket !== undefined)
    return {
      code: "monitor-port-taken",
      message: `socket ${claim.socketPath} is used by ${taken.socket}`,
      hint: "Give the MonitorPort another socketPath",
    };
  if (facts.dpdk !== true)
    return {
      code: "no-dpdk",
      message: "Open vSwitch runs without DPDK, which vhost-user ports need",
      hint: 'Use type "internal" or "attach", or start Open vSwitch with DPDK (ovs-vsctl set Open_vSwitch . other_config:dpdk-init=true)',
    };
  if (isUserspace(facts, integrationBridge)) return undefined;
  return {
    code: "no-dpdk",
    message: `bridge ${integrationBridge} has the kernel datapath, and vhost-user ports need the userspace datapath`,
    hint: `Use type "internal" or "attach", or give the bridge the userspace datapath (ovs-vsctl set Bridge ${integrationBridge} datapath_type=netdev)`,
  };
}

/** VM ports on the tap bridge that no claim asks for. */
function strangersOn(
  all: readonly MonitorPortClaim[],
  facts: Facts,
  tapBridge: string,
  { placements }: Pick<Desired, "placements">,
): FoundPort[] {
  const present = all.flatMap((claim) => presentMonitorPort(claim, facts, tapBridge)?.port.uuid ?? []);
  const known = new Set([...present, ...placements.map(({ port }) => port)]);
  return portsOf(facts, [tapBridge]).filter(
    ({ port }) =>
      !known.has(port.uuid) && !isOurObject(port) && homeOf(port) === undefined && isVmPort(port, facts),
  );
}

/** The problem if a hypervisor plugged the port elsewhere than into the tap bridge, or plugged another port there. */
function misplaced(
  claim: MonitorPortClaim,
  facts: Facts,
  tapBridge: string,
  strangers: readonly FoundPort[],
): string[] {
  const { integrationBridge, ifaceId } = claim;
  if (findPort(facts, [tapBridge], { ifaceId: ifaceId! }).found !== undefined) return [];
  const { found } = findPort(facts, [integrationBridge], { ifaceId: ifaceId! });
  if (found !== undefined)
    return [`port ${found.port.name} is attached to ${integrationBridge}, not to ${tapBridge}`];
  if (strangers.length === 0) return [];
  return [`no port with iface-id ${ifaceId} is attached to ${tapBridge}, but ${listPorts(strangers)}`];
}

/** Renders the monitor ports of a host. `services`: what its services have on the tap bridge. */
export function renderMonitorPorts(
  claims: readonly Claim[],
  facts: Facts,
  tapBridge: string,
  services: Pick<Desired, "placements">,
): Pick<Desired, "ports" | "problems"> {
  const all = monitorPortClaims(claims);
  const strangers = all.length === 0 ? [] : strangersOn(all, facts, tapBridge, services);
  const result: Pick<Desired, "ports" | "problems"> = { ports: [], problems: [] };
  for (const claim of all) {
    const { owner } = claim;
    const taken = { name: takerOf(claim, facts, tapBridge), socket: socketHolderOf(claim, all, facts) };
    const refusal = refusalOf(claim, all, facts, taken);
    if (refusal !== undefined) result.problems.push({ owner, ...refusal });
    const port = portOf(claim, tapBridge);
    const isRivalThere = result.ports.some(({ name }) => name === port?.name);
    const isFree = !isRivalThere && taken.name === undefined && taken.socket === undefined;
    if (port !== undefined && isFree) result.ports.push(port);
    if (port === undefined)
      for (const message of misplaced(claim, facts, tapBridge, strangers))
        result.problems.push({ owner, code: "port-missing", message });
  }
  return result;
}
