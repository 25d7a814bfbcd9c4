import type { Group } from "../model/groups";
import type { Flow } from "../ovs/openflow";
import { GroupRules } from "../statistics/groupRules";

/** The counters of a host at one moment. */
export interface Reading {
  /** Rules of the tap bridge. */
  flows: readonly Flow[];
  /** Packets that each meter has dropped, by its number. */
  drops: ReadonlyMap<number, number>;
}

/** Frames that a port has sent and received as its VM sees it, by the interface's UUID. */
export type PortReading = ReadonlyMap<string, { egress: number; ingress: number }>;

/** What one capture group did with frames. */
export interface GroupCount {
  /** Frames that its Mirror sent to it. */
  captured: number;
  /** Frames that its filter accepted, including those above a rate limit. */
  accepted: number;
  /** Copies that its rate limit dropped. */
  dropped: number;
}

/** What a host counted within a time window. */
export interface Counted {
  /** By the group's hash. */
  groups: ReadonlyMap<string, GroupCount>;
  /** By the interface's UUID. */
  ports: PortReading;
}

/** The counts if nothing was counted. */
export const NOTHING: Counted = { groups: new Map(), ports: new Map() };

/**
 * A group's counters at one moment. `meter`: the number of its meter, if any, which it shares with the flow's other
 * direction.
 */
function countOf(
  group: Group,
  { rules, drops }: Pick<Reading, "drops"> & { rules: GroupRules },
  meter: number | undefined,
): GroupCount {
  const total = (flows: readonly Flow[]): number =>
    flows.reduce((sum, { packets = 0n }) => sum + Number(packets), 0);
  const dropped = meter === undefined ? 0 : (drops.get(meter) ?? 0);
  return { captured: total(rules.captured(group)), accepted: total(rules.accepted(group)), dropped };
}

/**
 * The increase of a counter. A counter that restarted in the meantime, as after a restart of ovs-vswitchd, has
 * increased by its value.
 */
function growth(before: number, after: number): number {
  return after >= before ? after - before : after;
}

/**
 * What groups counted between two moments. `numbers`: OpenFlow port numbers of the tap bridge, by interface name. `meterOf`: the number of a
 * group's meter, if it is capped.
 */
export function countGroups(
  { groups, numbers }: { groups: readonly Group[]; numbers: ReadonlyMap<string, number> },
  meterOf: (group: Group) => number | undefined,
  before: Reading,
  after: Reading,
): Map<string, GroupCount> {
  const readings = [before, after].map(({ flows, drops }) => ({
    rules: new GroupRules(flows, numbers),
    drops,
  }));
  return new Map(
    groups.map((group) => {
      const [first, last] = readings.map((reading) => countOf(group, reading, meterOf(group)));
      const grown = (name: keyof GroupCount): number => growth(first![name], last![name]);
      return [
        group.hash,
        { captured: grown("captured"), accepted: grown("accepted"), dropped: grown("dropped") },
      ];
    }),
  );
}

/** What ports counted between two moments; a port that was missing at either is left out. */
export function countPorts(before: PortReading, after: PortReading): PortReading {
  return new Map(
    [...after].flatMap(([port, last]) => {
      const first = before.get(port);
      if (first === undefined) return [];
      const grown = (name: "egress" | "ingress"): number => growth(first[name], last[name]);
      return [[port, { egress: grown("egress"), ingress: grown("ingress") }] as const];
    }),
  );
}
