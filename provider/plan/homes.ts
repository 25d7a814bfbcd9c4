import type { Desired, Placement } from "../model/desired";
import { HOME_KEY, homeOf, type Placed, portsBack, VNIC_KEY, writeHome } from "../model/home";
import type { Facts, InterfaceFacts, PortFacts } from "../ovs/facts";
import type { Mutation, Operation } from "../ovs/operations";
import { map, set, uuid } from "../ovs/values";
import { FIRST_HOMECOMER } from "./freeNumbers";
import { requestNumber } from "./newRow";

/** The operation that writes or, where undefined, deletes keys of a port's `external_ids`. */
export function noteOnPort(port: string, notes: Record<string, string | undefined>): Operation {
  const present = Object.entries(notes).filter((note): note is [string, string] => note[1] !== undefined);
  const mutations: Mutation[] = [
    ["external_ids", "delete", set(Object.keys(notes))],
    ["external_ids", "insert", map(Object.fromEntries(present))],
  ];
  return { op: "mutate", table: "Port", where: [["_uuid", "==", uuid(port)]], mutations };
}

/** The number that an interface's port has, where Open vSwitch has given it one. */
function numberOf({ ofport }: InterfaceFacts): number | undefined {
  return ofport !== undefined && ofport > 0 ? ofport : undefined;
}

/** The operations that note on a port which is about to be moved to the tap bridge where it is now. A home there that it still has from before holds. */
export function noteHome(port: PortFacts, nic: InterfaceFacts, bridge: string): Operation[] {
  if (homeOf(port)?.bridge === bridge) return [];
  const home = { bridge, ofport: numberOf(nic), request: nic.ofportRequest };
  return [noteOnPort(port.uuid, { [HOME_KEY]: writeHome(home) })];
}

/** Whether Open vSwitch has given a port that is back the number that it was asked for. */
function isNumbered(nic: InterfaceFacts, facts: Facts): boolean {
  return facts.unsettled !== true || nic.ofportRequest === undefined || nic.ofport === nic.ofportRequest;
}

/** Whether the request that an interface has is the one with which its port was sent home. */
function isOurRequest({ ofportRequest = 0 }: InterfaceFacts, ofport: number | undefined): boolean {
  return ofport === undefined ? ofportRequest >= FIRST_HOMECOMER : ofportRequest === ofport;
}

/** Whether a port is back, and Open vSwitch has yet to give it its number. */
export function awaitsNumber(desired: Placed, facts: Facts, tapBridge: string): boolean {
  return portsBack(desired, facts, tapBridge).some((found) => !isNumbered(found.interface, facts));
}

/** The operations that give ports which are back under their number the request that they had, and end their notes. */
export function settlePortsBack(desired: Placed, facts: Facts, tapBridge: string): Operation[] {
  return portsBack(desired, facts, tapBridge)
    .filter((found) => isNumbered(found.interface, facts))
    .flatMap(({ port, interface: nic }) => {
      const home = homeOf(port);
      const asked = home !== undefined && isOurRequest(nic, home.ofport);
      return [
        ...(asked ? [requestNumber(nic.uuid, home.request)] : []),
        noteOnPort(port.uuid, { [HOME_KEY]: undefined, [VNIC_KEY]: undefined }),
      ];
    });
}

/** The operations that note on monitors as which vNIC they were found. */
export function noteVnics(
  { placements }: Pick<Desired, "placements">,
  facts: Facts,
  tapBridge: string,
): Operation[] {
  const wanted = new Map<string, Placement[]>();
  for (const placement of placements.filter(({ bridge }) => bridge === tapBridge))
    wanted.set(placement.port, [...(wanted.get(placement.port) ?? []), placement]);
  return [...wanted].flatMap(([port, placed]) => {
    const known = facts.ports[port]?.externalIds[VNIC_KEY];
    const vnics = placed.flatMap(({ vnic }) => (vnic === undefined ? [] : [String(vnic)]));
    const noted = known === undefined || vnics.includes(known) ? known : undefined;
    const next = noted ?? vnics[0];
    return next === known ? [] : [noteOnPort(port, { [VNIC_KEY]: next })];
  });
}
