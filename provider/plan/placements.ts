import type { Desired, Placement } from "../model/desired";
import type { BridgeFacts, Facts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import { type Row, uuid } from "../ovs/values";
import type { Change } from "./change";
import { FIRST_HOMECOMER, FreeNumbers } from "./freeNumbers";
import { noteHome } from "./homes";
import { attach, detach } from "./membership";
import { moveHome, requestNumber } from "./newRow";

/** The input of a plan of moves. */
export interface PlacementPlan {
  desired: Desired;
  facts: Facts;
  tapBridge: string;
  /** Rows of interfaces, by UUID, that are replaced when their ports move back. */
  renewals: ReadonlyMap<string, Row>;
}

/** A port that is not on the bridge where it must be, and its number there. */
interface Move {
  placement: Placement;
  from: BridgeFacts;
  number: number;
}

function movesOf(placements: readonly Placement[], facts: Facts, tapBridge: string): Move[] {
  const done = new Set<string>();
  const numbers = new FreeNumbers(facts);
  return placements.flatMap((placement) => {
    const { port, interface: nic, bridge, ofportRequest } = placement;
    const from = facts.bridges.find((candidate) => candidate.ports.includes(port));
    if (from === undefined || from.name === bridge || done.has(port)) return [];
    done.add(port);
    const number =
      bridge === tapBridge
        ? numbers.takeForMonitor(tapBridge, facts.interfaces[nic]?.ofport)
        : (ofportRequest ?? numbers.take(bridge, FIRST_HOMECOMER));
    return [{ placement, from, number }];
  });
}

/** The numbers that ports which have not been moved to a bridge yet will have there, by interface name. */
export function comingNumbers(
  coming: readonly Placement[],
  facts: Facts,
  bridge: string,
  tapBridge: string,
): [name: string, number: number][] {
  return movesOf(coming, facts, tapBridge)
    .filter(({ placement }) => placement.bridge === bridge)
    .flatMap(({ placement, number }) => {
      const nic = facts.interfaces[placement.interface];
      return nic === undefined ? [] : [[nic.name, number] as [string, number]];
    });
}

/** The changes that put monitors on the bridges where they must be. */
export function planPlacements({ desired, facts, tapBridge, renewals }: PlacementPlan): Change[] {
  return movesOf(desired.placements, facts, tapBridge).map(({ placement, from, number }): Change => {
    const { port, interface: nic, name, bridge, owners } = placement;
    const about = { port: name };
    const move = (steps: Operation[]) => [
      detach(from.uuid, port),
      ...steps,
      ...attach(facts, bridge, uuid(port)),
    ];
    if (bridge !== tapBridge) {
      const what = `monitor port ${name} goes back to ${bridge}`;
      return {
        what,
        about,
        owners,
        operations: move(moveHome(port, nic, number, renewals)),
        transient: true,
      };
    }
    const note = noteHome(facts.ports[port]!, facts.interfaces[nic]!, from.name);
    const what = `monitor port ${name} is on ${from.name}`;
    return { what, about, owners, operations: move([requestNumber(nic, number), ...note]) };
  });
}
