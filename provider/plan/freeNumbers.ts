import type { Facts } from "../ovs/facts";

/** Where numbers of monitors on the tap bridge begin, above those that Open vSwitch chooses on a bridge. */
export const FIRST_MONITOR = 30_000;
/** Where numbers of monitors begin that go home, and of which nobody knows any more what number they had there. */
export const FIRST_HOMECOMER = 20_000;

/**
 * Numbers that ports have nowhere else. A monitor has another number on the tap bridge than at home: of a port that moves from
 * bridge to bridge and keeps its number, no row of an interface changes, and those who watch only these, as ovn-controller
 * does, would not bind it again when it is back.
 */
export class FreeNumbers {
  private readonly taken = new Map<string, Set<number>>();

  constructor(private readonly facts: Facts) {}

  /** Takes the one of a monitor on the tap bridge: that which it has at home, and a summand, so that it does not matter who comes first. */
  takeForMonitor(tapBridge: string, home: number | undefined): number {
    const usual = home !== undefined && home > 0 && home < FIRST_MONITOR;
    return this.take(tapBridge, FIRST_MONITOR + (usual ? home : 0), home);
  }

  /** Takes the first free one of a bridge, but not `except`. */
  take(bridge: string, first: number, except?: number): number {
    const taken = this.taken.get(bridge) ?? this.numbersOn(bridge);
    this.taken.set(bridge, taken);
    let number = first;
    while (taken.has(number) || number === except) number++;
    taken.add(number);
    return number;
  }

  private numbersOn(bridge: string): Set<number> {
    const { bridges, ports, interfaces } = this.facts;
    const members = bridges.find(({ name }) => name === bridge)?.ports ?? [];
    const nics = members.flatMap((id) => ports[id]?.interfaces ?? []).map((id) => interfaces[id]);
    const numbers = nics.flatMap((nic) => [nic?.ofport, nic?.ofportRequest]);
    return new Set(numbers.filter((number) => number !== undefined));
  }
}
