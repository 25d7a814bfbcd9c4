import type { Receives } from "../../provider/statistics/receives";
import type {
  CaptureStatistics,
  Count,
  HostStatistics,
  TunnelStatistics,
} from "../../provider/statistics/statistics";

/** The totals of one flow, service or tunnel, by the name of the counter. */
export type Counts = Readonly<Record<string, Count>>;

/** The totals of one host since the first read. */
export interface Counted {
  /** By the owner of the flow: `matched`, `copied` and `dropped`. */
  flows: ReadonlyMap<string, Counts>;
  /** By the owner of the service: `delivered`. */
  services: ReadonlyMap<string, Counts>;
  /** By the name of the port: `sent` and `received`. */
  tunnels: ReadonlyMap<string, Counts>;
  /** Errors of tunnels, by the name of the port. */
  errors: ReadonlyMap<string, number>;
}

/** Counts by name. They change while a total grows. */
type Total = Record<string, Count>;

/** What was read last of one counter: a capture group, what arrives for a service, or a tunnel's port. */
interface Last {
  /** The claims that it counted for; none for a tunnel, which has no claim of its own. */
  owners: readonly string[];
  counts: Counts;
}

/** What a capture group has counted since the last read. */
interface Grown {
  capture: CaptureStatistics;
  counts: Counts;
  /** The flows that it counted for before; undefined for a new group. */
  before: readonly string[] | undefined;
}

/**
 * The totals of one host, which never decrease. The counters of rules restart when a flow's rules change, and all
 * counters restart with Open vSwitch. A counter that has decreased adds nothing, so that nothing is counted twice; what
 * it counted between its restart and this read is lost.
 *
 * A group disappears while its VM is stopped, and may return with its old counts. Totals and last counts are therefore
 * kept while a claim that they belong to exists.
 */
export class Totals {
  private readonly flows = new Map<string, Total>();
  private readonly services = new Map<string, Total>();
  private readonly tunnels = new Map<string, Total>();
  private readonly last = new Map<string, Last>();
  /** The counters of the current read. */
  private readonly seen = new Set<string>();

  /** Adds another read. `isClaimed`: whether the host has a claim of this owner. */
  add(
    { captures, services, tunnels }: HostStatistics,
    receives: Receives,
    isClaimed: (owner: string) => boolean,
  ): Counted {
    this.seen.clear();
    const grown = captures.map((capture) => this.groupGrowth(capture));
    const ports = tunnels.map((tunnel) => [tunnel.portName, this.addTunnel(tunnel)] as const);
    const counted = {
      flows: this.addFlows(grown),
      services: new Map(
        services.map((service) => {
          const { owner, delivered } = service;
          const local = grown.filter(({ capture }) => receives(owner, capture));
          return [owner, { delivered: this.delivered(owner, delivered, local) }] as const;
        }),
      ),
      tunnels: new Map(
        ports.map(
          ([portName, { sent, received }]) => [portName, { sent: sent!, received: received! }] as const,
        ),
      ),
      errors: new Map(ports.map(([portName, { errors }]) => [portName, errors!.packets] as const)),
    };
    keep(this.flows, (owner) => counted.flows.has(owner) || isClaimed(owner));
    keep(this.services, (owner) => counted.services.has(owner) || isClaimed(owner));
    keep(this.tunnels, (portName) => counted.tunnels.has(portName));
    keep(this.last, (counter, { owners }) => this.seen.has(counter) || owners.some(isClaimed));
    return counted;
  }

  private groupGrowth(capture: CaptureStatistics): Grown {
    const counter = `group ${capture.mirrors.join(" ")}`;
    const before = this.last.get(counter)?.owners;
    return { capture, before, counts: this.growth(counter, capture.owners, countsOf(capture)) };
  }

  /** Flows that have just joined a group get nothing of what it has counted. */
  private addFlows(grown: readonly Grown[]): Map<string, Counts> {
    for (const { capture, counts, before } of grown) {
      for (const owner of capture.owners) {
        const isJoined = before?.includes(owner) === false;
        grow(this.flows, owner, isJoined ? NO_COUNTS : counts);
      }
    }
    const owners = grown.flatMap(({ capture }) => capture.owners);
    return new Map(
      owners.map((owner) => {
        const total = this.flows.get(owner)!;
        const copied = updateCopied(total);
        return [owner, { matched: total.matched!, copied, dropped: total.dropped! }] as const;
      }),
    );
  }

  /** What arrived from other hosts, and what the host's own groups copied. */
  private delivered(owner: string, all: Count, local: readonly Grown[]): Count {
    const copied = local.reduce((total, { capture }) => sum(total, capture.copied), NOTHING);
    const arrived = difference(copied, all);
    const total = grow(this.services, owner, this.growth(`service ${owner}`, [owner], { arrived }));
    for (const { counts } of local) grow(this.services, owner, counts);
    return sum(total.arrived, updateCopied(total));
  }

  private addTunnel({ portName, sent, received, errors }: TunnelStatistics): Total {
    const counts = { sent, received, errors: { packets: errors, bytes: 0 } };
    return grow(this.tunnels, portName, this.growth(`tunnel ${portName}`, [], counts));
  }

  /** What a counter has counted since it was read last: everything if it is new. */
  private growth(counter: string, owners: readonly string[], counts: Counts): Counts {
    const last = this.last.get(counter)?.counts;
    this.last.set(counter, { owners, counts });
    this.seen.add(counter);
    return Object.fromEntries(
      Object.entries(counts).map(([name, count]) => [name, difference(last?.[name], count)]),
    );
  }
}

/** Adds to the total of an owner or a port, and returns it. */
function grow(totals: Map<string, Total>, key: string, counts: Counts): Total {
  const total = totals.get(key) ?? {};
  totals.set(key, total);
  for (const [name, count] of Object.entries(counts)) total[name] = sum(total[name], count);
  return total;
}

/**
 * The copies that were accepted and not dropped: the most so far, because Open vSwitch counts what rules accept later
 * than what meters drop.
 */
function updateCopied(total: Total): Count {
  const now = difference(total.dropped, total.accepted ?? NOTHING);
  const { packets, bytes } = total.copied ?? NOTHING;
  total.copied = { packets: Math.max(packets, now.packets), bytes: Math.max(bytes, now.bytes) };
  return total.copied;
}

/** Deletes all other entries. */
function keep<T>(entries: Map<string, T>, isKept: (key: string, value: T) => boolean): void {
  for (const [key, value] of entries) if (!isKept(key, value)) entries.delete(key);
}

function countsOf({ matched, copied, dropped }: CaptureStatistics) {
  return { matched, accepted: sum(copied, dropped), dropped };
}

function sum(a: Count = NOTHING, b: Count = NOTHING): Count {
  return { packets: a.packets + b.packets, bytes: a.bytes + b.bytes };
}

/** How much more the second count is; nothing where it is less. */
function difference(from: Count = NOTHING, to: Count): Count {
  return { packets: Math.max(0, to.packets - from.packets), bytes: Math.max(0, to.bytes - from.bytes) };
}

const NOTHING: Count = { packets: 0, bytes: 0 };
const NO_COUNTS = { matched: NOTHING, accepted: NOTHING, dropped: NOTHING };
