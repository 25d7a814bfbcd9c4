import { TaasError } from "../errors";
import type { HostRecord } from "./host";
import { entryOf, type HostEntry, type Inventory } from "./inventory";

/** The SSH port if none is given. */
const SSH_PORT = 22;

/**
 * The port and the jump host by which an address is reached. Behind port forwarding or in private networks, several
 * machines can have the same address, and hosts are told apart by address.
 */
function wayOf({ port = SSH_PORT, proxyJump }: Pick<HostEntry, "port" | "proxyJump">): string {
  return JSON.stringify([port, proxyJump ?? null]);
}

/** Two names of an inventory that share an address but have different ports or jump hosts. */
export function sharedAddress(
  inventory: Inventory,
): { address: string; names: [string, string] } | undefined {
  const first = new Map<string, { name: string; way: string }>();
  for (const [name, entry] of Object.entries(inventory)) {
    if (typeof entry === "string" && Object.hasOwn(inventory, entry)) continue;
    const record: HostEntry = typeof entry === "string" ? { address: entry } : entry;
    const { address } = record;
    const way = wayOf(record);
    const other = first.get(address) ?? { name, way };
    first.set(address, other);
    if (other.way !== way) return { address, names: [other.name, name] };
  }
  return undefined;
}

/** How the hosts of one program are reached: the first host of an address says how all of that address are. */
export class Ways {
  private readonly known = new Map<string, string>();
  /** Hosts in recorded outputs. A changed connection is no difference, so they may be older than the program. */
  private readonly recorded = new Set<string>();

  constructor(private readonly inventory: Inventory) {}

  /**
   * Throws `invalid-host` if the inventory or an earlier host reaches the host's address by another port or jump host.
   * An entry of the host's own name is how the host is reached now, whatever its record says. A host that a state has
   * recorded is accepted.
   */
  require(host: HostRecord): void {
    if (this.recorded.has(keyOf(host))) return;
    const { address, name } = host;
    const entry = entryOf(host, this.inventory);
    if (entry === undefined) {
      const way = wayOf(host);
      const other = this.known.get(address) ?? way;
      this.known.set(address, other);
      if (other !== way) throw twoWays(host, "the program");
    } else if (entry.name !== name && entry.gone !== true) {
      const { port = entry.port, proxyJump = entry.proxyJump } = host;
      if (wayOf({ port, proxyJump }) !== wayOf(entry)) throw twoWays(host, "the inventory");
    }
  }

  /** Takes note of a host in the outputs of a resource, by which a program may name it. */
  recall(host: HostRecord): void {
    this.recorded.add(keyOf(host));
  }
}

/** A resolved host, of which only name, address and way count. */
function keyOf(host: HostRecord): string {
  return JSON.stringify([host.name, host.address, wayOf(host)]);
}

function twoWays({ name, address }: HostRecord, by: string): TaasError {
  return new TaasError(
    `${by} also reaches ${address} by another port or jump host, and hosts are told apart by address`,
    {
      code: "invalid-host",
      host: name,
      hint: "Give each machine its own address: an ssh_config alias with its HostName, Port and ProxyJump",
    },
  );
}
