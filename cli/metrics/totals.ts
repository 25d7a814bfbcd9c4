import type { Count, HostStatistics } from "../../provider/statistics/statistics";

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

/** The last counts of a flow, a service or a tunnel, and its total. */
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
  /** The capture groups of the last read: what a group counted before a flow joined it does not belong to the flow. */
  private groups: ReadonlySet<string> | undefined;

  /** Adds another read. */
  add({ captures, services, tunnels }: HostStatistics): Counted {
    const before = { known: this.known, groups: this.groups };
    this.known = new Map();
    this.groups = new Set(captures.map(groupOf));
    const grow = (key: string, part: string, counts: Record<string, Count>, isJoined = false) => {
      const old = before.known.get(key);
      const known = this.known.get(key) ?? { last: new Map(), total: { ...old?.total } };
      this.known.set(key, known);
      const last = old?.last.get(part) ?? (isJoined ? counts : {});
      for (const [name, count] of Object.entries(counts))
        known.total[name] = sum(known.total[name], growth(last[name], count));
      known.last.set(part, counts);
      return known.total;
    };
    const flows = new Map<string, Counts>();
    for (const capture of captures) {
      const group = groupOf(capture);
      const { matched, copied, dropped } = capture;
      for (const owner of capture.owners) {
        const isJoined = before.groups?.has(group) === true;
        const total = grow(
          `flow ${owner}`,
          group,
          { matched, accepted: sum(copied, dropped), dropped },
          isJoined,
        );
        const isCopied = growth(total.dropped, total.accepted!);
        flows.set(owner, { matched: total.matched!, copied: isCopied, dropped: total.dropped! });
      }
    }
    const counted = (kind: string, name: string, counts: Record<string, Count>) =>
      [name, { ...grow(`${kind} ${name}`, "", counts) }] as const;
    return {
      flows,
      services: new Map(services.map(({ owner, delivered }) => counted("service", owner, { delivered }))),
      tunnels: new Map(
        tunnels.map(({ portName, sent, received }) => counted("tunnel", portName, { sent, received })),
      ),
      errors: new Map(
        tunnels.map(({ portName, errors }) => {
          const [, total] = counted("errors", portName, { errors: { packets: errors, bytes: 0 } });
          return [portName, total.errors!.packets];
        }),
      ),
    };
  }
}

function groupOf({ mirrors }: HostStatistics["captures"][number]): string {
  return mirrors.join(" ");
}

function sum(a: Count = NOTHING, b: Count = NOTHING): Count {
  return { packets: a.packets + b.packets, bytes: a.bytes + b.bytes };
}

function growth(from: Count = NOTHING, to: Count): Count {
  return { packets: Math.max(0, to.packets - from.packets), bytes: Math.max(0, to.bytes - from.bytes) };
}

const NOTHING: Count = { packets: 0, bytes: 0 };
