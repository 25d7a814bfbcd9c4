import type { Receives } from "../../provider/statistics/receives";
import type { CaptureStatistics, Count, HostStatistics } from "../../provider/statistics/statistics";

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

/** The last counts of a flow, a service or a tunnel, by the part of it that was counted, and its total. */
interface Known {
  last: Map<string, Record<string, Count>>;
  total: Record<string, Count>;
}

/**
 * The totals of one host, which never decrease. The counters of rules restart when a flow's rules change, and all
 * counters restart with Open vSwitch. A counter that has decreased adds nothing, so that nothing is counted twice; what
 * it counted between its restart and this read is lost.
 */
export class Totals {
  private known = new Map<string, Known>();
  private before = new Map<string, Known>();
  /** The capture groups of the last read: what a group counted before a flow joined it does not belong to the flow. */
  private groups: ReadonlySet<string> | undefined;

  /** Adds another read. */
  add({ captures, services, tunnels }: HostStatistics, receives: Receives): Counted {
    [this.before, this.known] = [this.known, new Map()];
    const { groups } = this;
    this.groups = new Set(captures.map(groupOf));
    return {
      flows: this.flows(captures, groups),
      services: new Map(
        services.map((service) => {
          const { owner, delivered } = service;
          const local = captures.filter((capture) => receives(owner, capture));
          return [owner, { delivered: this.delivered(owner, delivered, local) }] as const;
        }),
      ),
      tunnels: new Map(
        tunnels.map(({ portName, sent, received }) => {
          const total = this.grow(`tunnel ${portName}`, "", { sent, received });
          return [portName, { sent: total.sent!, received: total.received! }] as const;
        }),
      ),
      errors: new Map(
        tunnels.map(({ portName, errors }) => {
          const total = this.grow(`errors ${portName}`, "", { errors: { packets: errors, bytes: 0 } });
          return [portName, total.errors!.packets] as const;
        }),
      ),
    };
  }

  private flows(
    captures: readonly CaptureStatistics[],
    groups: ReadonlySet<string> | undefined,
  ): Map<string, Counts> {
    for (const capture of captures) {
      const group = groupOf(capture);
      for (const owner of capture.owners)
        this.grow(`flow ${owner}`, group, countsOf(capture), groups?.has(group) === true);
    }
    const owners = captures.flatMap((capture) => capture.owners);
    return new Map(
      owners.map((owner) => {
        const copied = this.copied(`flow ${owner}`);
        const { matched, dropped } = this.known.get(`flow ${owner}`)!.total;
        return [owner, { matched: matched!, copied, dropped: dropped! }] as const;
      }),
    );
  }

  /** What arrived from other hosts, and what the host's own groups copied. */
  private delivered(owner: string, all: Count, local: readonly CaptureStatistics[]): Count {
    const key = `service ${owner}`;
    const arrived = growth(
      local.reduce((total, { copied }) => sum(total, copied), NOTHING),
      all,
    );
    const total = this.grow(key, "", { arrived });
    for (const capture of local) this.grow(key, groupOf(capture), countsOf(capture));
    return sum(total.arrived, this.copied(key));
  }

  private grow(key: string, part: string, counts: Record<string, Count>, isJoined = false) {
    const old = this.before.get(key);
    const known = this.known.get(key) ?? { last: new Map(), total: { ...old?.total } };
    this.known.set(key, known);
    const last = old?.last.get(part) ?? (isJoined ? counts : {});
    for (const [name, count] of Object.entries(counts))
      known.total[name] = sum(known.total[name], growth(last[name], count));
    known.last.set(part, counts);
    return known.total;
  }

  /**
   * The copies that were accepted and not dropped: the most so far, because Open vSwitch counts what rules accept later than what meters
   * drop.
   */
  private copied(key: string): Count {
    const { total } = this.known.get(key)!;
    const now = growth(total.dropped, total.accepted ?? NOTHING);
    const { packets, bytes } = total.copied ?? NOTHING;
    total.copied = { packets: Math.max(packets, now.packets), bytes: Math.max(bytes, now.bytes) };
    return total.copied;
  }
}

function groupOf({ mirrors }: CaptureStatistics): string {
  return mirrors.join(" ");
}

function countsOf({ matched, copied, dropped }: CaptureStatistics) {
  return { matched, accepted: sum(copied, dropped), dropped };
}

function sum(a: Count = NOTHING, b: Count = NOTHING): Count {
  return { packets: a.packets + b.packets, bytes: a.bytes + b.bytes };
}

function growth(from: Count = NOTHING, to: Count): Count {
  return { packets: Math.max(0, to.packets - from.packets), bytes: Math.max(0, to.bytes - from.bytes) };
}

const NOTHING: Count = { packets: 0, bytes: 0 };
