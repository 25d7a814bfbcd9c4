import type { InterfaceFacts } from "../ovs/facts";

/**
 * Milliseconds for which a device without a Linux bridge behind it is assumed to stay without one: a console runs for
 * days.
 */
const MEMORY = 60_000;

/**
 * The devices of a machine with no Linux bridge behind them, as for most monitors. A device that later gets a bridge
 * keeps its row, but clouds create the bridge before they plug the port.
 */
export class PlainDevices {
  /** When each was found to be plain. */
  private readonly found = new Map<string, number>();

  /**
   * Whether a device was recently found to be plain. Another device of its name has another index, and DPDK ports have
   * no device.
   */
  has(device: InterfaceFacts): boolean {
    const found = this.found.get(keyOf(device)) ?? Number.NEGATIVE_INFINITY;
    return device.type.startsWith("dpdk") || performance.now() - found < MEMORY;
  }

  /** Records a device as plain, unless it has no index: it could not be told from another of the same name. */
  add(device: InterfaceFacts): void {
    if (device.ifindex !== undefined) this.found.set(keyOf(device), performance.now());
  }
}

function keyOf({ name, ifindex }: InterfaceFacts): string {
  return `${ifindex} ${name}`;
}
