import type { Facts } from "../ovs/facts";

/** The first number for monitors on the tap bridge, above those that Open vSwitch chooses on a bridge. */
export const FIRST_MONITOR = 30_000;
/** The first number for monitors that go back home if their earlier number there is unknown or taken. */
export const FIRST_HOMECOMER = 20_000;

/**
 * Port numbers that are free on all bridges. A monitor's number on the tap bridge differs from that on its home bridge.
 * If a port kept its number while it moves between bridges, no Interface row would change, and clients that monitor
 * only Interface rows, such as ovn-controller, would not bind the port again when it is back.
 */
export class FreeNumbers {
  private readonly taken = new Map<string, Set<number>>();

  constructor(private readonly facts: Facts) {}

  /**
   * Takes a number for a monitor on the tap bridge: its number at home plus a constant, so that the order does not
   * matter.
   */
  takeForMonitor(tapBridge: string, home: number | undefined): number {
    const usual = home !== undefined && home > 0 && home < FIRST_MONITOR;
    return this.take(tapBridge, FIRST_MONITOR + (usual ? home : 0), home);
  }

  /** Takes the first free number of a bridge, except `except`. */
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
