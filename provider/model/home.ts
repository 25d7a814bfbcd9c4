import type { Facts, InterfaceFacts, PortFacts } from "../ovs/facts";
import type { ServiceClaim } from "../schema/claim";
import type { PortInput } from "../schema/port";
import type { Desired } from "./desired";
import { type FoundPort, findPort, type PortSearch, portsOf } from "./findPort";

/**
 * The key in a Port's `external_ids` that records where the port was before it was moved to the tap bridge. The
 * transaction that moves the port writes it. It is deleted once the port is back with its number.
 */
export const HOME_KEY = "taas-home";

/**
 * The key in a moved Port's `external_ids` that records as which of its VM's vNICs the port was found, because vNICs
 * plugged later must not change that.
 */
export const VNIC_KEY = "taas-vnic";

/** Where a port was before it was moved to the tap bridge. */
export interface Home {
  bridge: string;
  /** Its OpenFlow port number there; undefined if Open vSwitch had not assigned one. */
  ofport: number | undefined;
  /** Its `ofport_request`. */
  request: number | undefined;
}

/** A home as stored in the Port row: number, requested number and bridge, `-` for none. */
export function writeHome({ bridge, ofport, request }: Home): string {
  return `${ofport ?? "-"} ${request ?? "-"} ${bridge}`;
}

const NUMBER = "([1-9]\\d{0,4}|-)";
const HOME = new RegExp(`^${NUMBER} ${NUMBER} (.+)$`);

function readNumber(text: string): number | undefined {
  return text === "-" ? undefined : Number(text);
}

/** The home of a port that was moved; undefined for other ports, and if the key is invalid. */
export function homeOf({ externalIds }: PortFacts): Home | undefined {
  const parts = HOME.exec(externalIds[HOME_KEY] ?? "");
  if (parts === null) return undefined;
  const [, ofport, request, bridge] = parts;
  return { bridge: bridge!, ofport: readNumber(ofport!), request: readNumber(request!) };
}

/** Whether a port was moved to the tap bridge as the monitor that a service names. */
function isMovedFor({ port, bridge }: FoundPort, wanted: PortInput, tapBridge: string): boolean {
  if (bridge.name !== tapBridge || homeOf(port) === undefined) return false;
  const vnic = typeof wanted === "object" && "vmUuid" in wanted ? wanted.vnic : undefined;
  return vnic === undefined || port.externalIds[VNIC_KEY] === String(vnic);
}

/**
 * Finds a monitor of a service. The port that was moved for it remains the monitor while it is on the tap bridge and
 * matches, whatever else matches later, such as a vNIC plugged later.
 */
export function findMonitor(
  { integrationBridge }: Pick<ServiceClaim, "integrationBridge">,
  wanted: PortInput,
  facts: Facts,
  tapBridge: string,
): PortSearch {
  return findPort(facts, [integrationBridge, tapBridge], wanted, (found) =>
    isMovedFor(found, wanted, tapBridge),
  );
}

/**
 * Moves ports back that are on the tap bridge and that no service uses there any more. Each gets its old number, unless
 * another port has it now: Open vSwitch does not reserve numbers, and after a restart it assigns them anew.
 */
export function sendHome(
  facts: Facts,
  tapBridge: string,
  result: Pick<Desired, "placements" | "problems">,
): void {
  const kept = new Set(result.placements.map(({ port }) => port));
  for (const found of portsOf(facts, [tapBridge])) {
    const home = homeOf(found.port);
    if (home !== undefined && !kept.has(found.port.uuid)) placeHome(found, home, facts, result);
  }
}

/** Whether another port of a bridge has an OpenFlow port number. */
export function isTaken(
  number: number | undefined,
  { port, bridge }: Pick<FoundPort, "port" | "bridge">,
  facts: Facts,
): boolean {
  if (number === undefined) return false;
  return bridge.ports
    .filter((id) => id !== port.uuid)
    .flatMap((id) => facts.ports[id]?.interfaces ?? [])
    .some((id) => facts.interfaces[id]?.ofport === number);
}

function placeHome(
  { port, interface: nic }: FoundPort,
  home: Home,
  facts: Facts,
  result: Pick<Desired, "placements" | "problems">,
): void {
  const { uuid, name } = port;
  const bridge = facts.bridges.find((candidate) => candidate.name === home.bridge);
  if (bridge === undefined) {
    result.problems.push({
      homecomer: uuid,
      code: "home-bridge-missing",
      message: `monitor port ${name} came from bridge ${home.bridge}, which does not exist any more`,
      hint: `Create it again (ovs-vsctl add-br ${home.bridge}), or delete the port (ovs-vsctl del-port ${name})`,
    });
    return;
  }
  const isFree = home.ofport !== undefined && !isTaken(home.ofport, { port, bridge }, facts);
  result.placements.push({
    port: uuid,
    interface: nic.uuid,
    name,
    bridge: home.bridge,
    ...(isFree ? { ofportRequest: home.ofport } : {}),
    owners: [],
  });
}

/** Where ports have to be: now, and after the next step. */
export type Placed = Pick<Desired, "placements"> & Partial<Pick<Desired, "coming">>;

/**
 * Ports that were moved, are no longer on any tap bridge and are not to be moved there: only their number request is
 * left to restore.
 */
export function portsBack({ placements, coming = [] }: Placed, facts: Facts, tapBridge: string): FoundPort[] {
  const others = facts.bridges.map(({ name }) => name).filter((name) => name !== tapBridge);
  const wanted = new Set([...placements, ...coming].map(({ port }) => port));
  return portsOf(facts, others).filter(
    ({ port }) => port.externalIds[HOME_KEY] !== undefined && !wanted.has(port.uuid),
  );
}

/** Whether Open vSwitch has assigned the requested number to a port that has moved back. */
export function isNumbered(nic: InterfaceFacts, facts: Facts): boolean {
  return facts.unsettled !== true || nic.ofportRequest === undefined || nic.ofport === nic.ofportRequest;
}

/**
 * What to report about ports that are back with another number, because theirs was assigned to another port meanwhile;
 * by their rows.
 */
export function renumberedPorts(desired: Placed, facts: Facts, tapBridge: string): [string, string][] {
  return portsBack(desired, facts, tapBridge).flatMap(({ port, interface: nic, bridge }) => {
    const { ofport } = nic;
    const number = homeOf(port)?.ofport;
    if (!isNumbered(nic, facts)) return [];
    if (number === undefined || ofport === undefined || ofport <= 0 || ofport === number) return [];
    const text = `port ${port.name} is back on ${bridge.name} as OpenFlow port ${ofport}: its number ${number} was assigned to another port meanwhile`;
    return [[port.uuid, text]];
  });
}

/** Names of the ports that are being moved back. */
export function homecomers(desired: Placed, facts: Facts, tapBridge: string): string[] {
  const leaving = desired.placements.filter(({ bridge }) => bridge !== tapBridge).map(({ name }) => name);
  return [...leaving, ...portsBack(desired, facts, tapBridge).map(({ port }) => port.name)];
}
