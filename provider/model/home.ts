import type { Facts, PortFacts } from "../ovs/facts";
import type { ServiceClaim } from "../schema/claim";
import type { PortInput } from "../schema/port";
import type { Desired } from "./desired";
import { type FoundPort, findPort, type PortSearch, portsOf } from "./findPort";

/**
 * Key of a Port's `external_ids` that says where the port was before it was moved to the tap bridge. The transaction that
 * moves the port writes it; it is deleted once the port is back under its number.
 */
export const HOME_KEY = "taas-home";

/** Key of a moved Port's `external_ids`: as which of its VM's vNICs it was found, which those plugged later do not change. */
export const VNIC_KEY = "taas-vnic";

/** Where a port was before it was moved to the tap bridge. */
export interface Home {
  bridge: string;
  /** Its OpenFlow port number there; undefined where Open vSwitch had given it none. */
  ofport: number | undefined;
  /** Its `ofport_request`. */
  request: number | undefined;
}

/** A home as it stands on the Port row: number, requested number and bridge, `-` for none. */
export function writeHome({ bridge, ofport, request }: Home): string {
  return `${ofport ?? "-"} ${request ?? "-"} ${bridge}`;
}

const NUMBER = "([1-9]\\d{0,4}|-)";
const HOME = new RegExp(`^${NUMBER} ${NUMBER} (.+)$`);

function readNumber(text: string): number | undefined {
  return text === "-" ? undefined : Number(text);
}

/** The home of a port that was moved; undefined for other ports, and where the key cannot be read. */
export function homeOf({ externalIds }: PortFacts): Home | undefined {
  const parts = HOME.exec(externalIds[HOME_KEY] ?? "");
  if (parts === null) return undefined;
  const [, ofport, request, bridge] = parts;
  return { bridge: bridge!, ofport: readNumber(ofport!), request: readNumber(request!) };
}

/** Whether a port was moved to the tap bridge for what a service says of its monitor. */
function isMovedFor({ port, bridge }: FoundPort, wanted: PortInput, tapBridge: string): boolean {
  if (bridge.name !== tapBridge || homeOf(port) === undefined) return false;
  const vnic = typeof wanted === "object" && "vmUuid" in wanted ? wanted.vnic : undefined;
  return vnic === undefined || port.externalIds[VNIC_KEY] === String(vnic);
}

/**
 * Finds a monitor of a service. The port that was moved for it stays the monitor while it is on the tap bridge and matches,
 * whatever else comes to match, such as a vNIC that was plugged later.
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

/** Sends the ports home that are on the tap bridge and that no service has there any more, each under its old number. */
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
      message: `monitor port ${name} came from bridge ${home.bridge}, which is not there any more`,
      hint: `Make it again (ovs-vsctl add-br ${home.bridge}), or remove the port (ovs-vsctl del-port ${name})`,
    });
    return;
  }
  const taker = bridge.ports
    .flatMap((id) => facts.ports[id]?.interfaces ?? [])
    .map((id) => facts.interfaces[id])
    .find((other) => home.ofport !== undefined && other?.ofport === home.ofport);
  if (taker !== undefined) {
    result.problems.push({
      homecomer: uuid,
      code: "ofport-taken",
      message: `monitor port ${name} cannot go back to ${home.bridge}: its OpenFlow port number ${home.ofport} was given to port ${taker.name}`,
      hint: `Free the number, for instance by plugging ${taker.name} again, and run again`,
    });
    return;
  }
  result.placements.push({
    port: uuid,
    interface: nic.uuid,
    name,
    bridge: home.bridge,
    ...(home.ofport === undefined ? {} : { ofportRequest: home.ofport }),
    owners: [],
  });
}

/** Where ports are to be: at once, and with the next step. */
export type Placed = Pick<Desired, "placements"> & Partial<Pick<Desired, "coming">>;

/** Ports that were moved and are on no tap bridge any more, and that none is to have: what is left is their number request. */
export function portsBack({ placements, coming = [] }: Placed, facts: Facts, tapBridge: string): FoundPort[] {
  const others = facts.bridges.map(({ name }) => name).filter((name) => name !== tapBridge);
  const wanted = new Set([...placements, ...coming].map(({ port }) => port));
  return portsOf(facts, others).filter(
    ({ port }) => port.externalIds[HOME_KEY] !== undefined && !wanted.has(port.uuid),
  );
}

/** What to say of ports that are back under another number than theirs, which was given away meanwhile; by their rows. */
export function renumberedPorts(desired: Placed, facts: Facts, tapBridge: string): [string, string][] {
  if (facts.unsettled === true) return [];
  return portsBack(desired, facts, tapBridge).flatMap(({ port, interface: { ofport }, bridge }) => {
    const number = homeOf(port)?.ofport;
    if (number === undefined || ofport === undefined || ofport <= 0 || ofport === number) return [];
    const text = `port ${port.name} is back on ${bridge.name} as OpenFlow port ${ofport}: its number ${number} was given to another port meanwhile`;
    return [[port.uuid, text]];
  });
}

/** Names of the ports that are on their way home. */
export function homecomers(desired: Placed, facts: Facts, tapBridge: string): string[] {
  const leaving = desired.placements.filter(({ bridge }) => bridge !== tapBridge).map(({ name }) => name);
  return [...leaving, ...portsBack(desired, facts, tapBridge).map(({ port }) => port.name)];
}
