import type { Desired, Placement } from "../model/desired";
import {
  HOME_KEY,
  homeOf,
  isNumbered,
  isTaken,
  type Placed,
  portsBack,
  VNIC_KEY,
  writeHome,
} from "../model/home";
import type { Facts, InterfaceFacts, PortFacts } from "../ovs/facts";
import type { Mutation, Operation } from "../ovs/operations";
import { map, set, uuid } from "../ovs/values";
import { FIRST_HOMECOMER } from "./freeNumbers";
import { requestNumber } from "./newRow";

/** The operation that writes keys of a port's `external_ids`, or deletes those that are undefined. */
export function noteOnPort(port: string, notes: Record<string, string | undefined>): Operation {
  const present = Object.entries(notes).filter((note): note is [string, string] => note[1] !== undefined);
  const mutations: Mutation[] = [
    ["external_ids", "delete", set(Object.keys(notes))],
    ["external_ids", "insert", map(Object.fromEntries(present))],
  ];
  return { op: "mutate", table: "Port", where: [["_uuid", "==", uuid(port)]], mutations };
}

/** The number of an interface's port, if Open vSwitch has assigned one. */
function numberOf({ ofport }: InterfaceFacts): number | undefined {
  return ofport !== undefined && ofport > 0 ? ofport : undefined;
}

/**
 * The operations that record in a port's row, before it moves to the tap bridge, where it is now. A recorded home that
 * it still has is kept.
 */
export function noteHome(port: PortFacts, nic: InterfaceFacts, bridge: string): Operation[] {
  if (homeOf(port)?.bridge === bridge) return [];
  const home = { bridge, ofport: numberOf(nic), request: nic.ofportRequest };
  return [noteOnPort(port.uuid, { [HOME_KEY]: writeHome(home) })];
}

/**
 * Whether the current request of an interface is the one with which its port was moved back: its old number, or another
 * one if that was unknown or taken.
 */
function isOurRequest({ ofportRequest = 0 }: InterfaceFacts, ofport: number | undefined): boolean {
  return ofportRequest === ofport || ofportRequest >= FIRST_HOMECOMER;
}

/** Whether a port has moved back and Open vSwitch has not yet assigned its number. */
export function awaitsNumber(desired: Placed, facts: Facts, tapBridge: string): boolean {
  return portsBack(desired, facts, tapBridge).some((found) => !isNumbered(found.interface, facts));
}

/**
 * The operations that restore the original number request of ports that have their number again on their home bridge,
 * and delete their notes. A number that another port has by now is not requested, because Open vSwitch would take it
 * from that port.
 */
export function settlePortsBack(desired: Placed, facts: Facts, tapBridge: string): Operation[] {
  return portsBack(desired, facts, tapBridge)
    .filter((found) => isNumbered(found.interface, facts))
    .flatMap((found) => {
      const { port, interface: nic } = found;
      const home = homeOf(port);
      const asked = home !== undefined && isOurRequest(nic, home.ofport);
      const request = isTaken(home?.request, found, facts) ? undefined : home?.request;
      return [
        ...(asked ? [requestNumber(nic.uuid, request)] : []),
        noteOnPort(port.uuid, { [HOME_KEY]: undefined, [VNIC_KEY]: undefined }),
      ];
    });
}

/** The operations that record in monitors' rows as which vNIC they were found. */
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
