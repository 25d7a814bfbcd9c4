import type { InterfaceFacts } from "../ovs/facts";

/** Milliseconds for which a device that no Linux bridge was behind is taken to have none: a console runs for days. */
const MEMORY = 60_000;

/**
 * The devices of a machine that no Linux bridge is behind: those of most monitors. One that gets a bridge keeps its row, but clouds
 * build the bridge before they plug the port.
 */
export class PlainDevices {
  /** When each was found plain. */
  private readonly found = new Map<string, number>();

  /** Whether a device was found plain a moment ago. Another device of its name has another index, and DPDK's ports have no device. */
  has(device: InterfaceFacts): boolean {
    const found = this.found.get(keyOf(device)) ?? Number.NEGATIVE_INFINITY;
    return device.type.startsWith("dpdk") || performance.now() - found < MEMORY;
  }

  /** Notes a device as plain; not one without an index, which could not be told from the next. */
  add(device: InterfaceFacts): void {
    if (device.ifindex !== undefined) this.found.set(keyOf(device), performance.now());
  }
}

function keyOf({ name, ifindex }: InterfaceFacts): string {
  return `${ifindex} ${name}`;
}
