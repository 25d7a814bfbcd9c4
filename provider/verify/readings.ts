import { type HostAccess, ofctlTarget } from "../converge/access";
import { isMetered } from "../converge/pushRules";
import type { Group } from "../model/groups";
import { metersOf } from "../model/treat";
import { dumpFlows } from "../ovs/dumpFlows";
import { readMeterDrops } from "../ovs/meterStatistics";
import { openflowVersion } from "../ovs/openflowVersion";
import { readPortCounts } from "../ovs/portCounts";
import { type Counted, countGroups, countPorts, type PortReading, type Reading } from "./counts";
import type { HostView } from "./view";

/** Reads the counters of the rules and meters of a host's tap bridge. */
export async function readRules(access: HostAccess, { look, tapBridge }: HostView): Promise<Reading> {
  const target = ofctlTarget(access, tapBridge);
  const [flows, drops] = await Promise.all([
    dumpFlows(target),
    isMetered(look.read) ? readMeterDrops(target) : [],
  ]);
  return { flows, drops: new Map([...drops].map(([meter, { packets }]) => [meter, packets])) };
}

/** Reads the counters of a host's tapped ports. */
export async function readPorts(access: HostAccess, { look, groups }: HostView): Promise<PortReading> {
  const tapped = groups.flatMap(({ members }) => members.flatMap((member) => member.ports));
  const bridges = new Map(tapped.map(({ bridge }) => [bridge.name, bridge]));
  const counts = await Promise.all(
    [...bridges.values()].map(async ({ name, protocols = [] }) => {
      const target = ofctlTarget(access, name);
      const version = openflowVersion({ bridge: name, protocols, host: look.record.name });
      const counted = await readPortCounts(target, version);
      return tapped.flatMap(({ bridge, interface: { uuid, ofport } }) => {
        const count = bridge.name === name && ofport !== undefined ? counted.get(ofport) : undefined;
        if (count === undefined) return [];
        return [[uuid, { egress: count.received.packets, ingress: count.sent.packets }] as const];
      });
    }),
  );
  return new Map(counts.flat());
}

/** What a host counted between two moments. */
export function countedBetween(
  view: HostView,
  rules: { before: Reading; after: Reading },
  ports: { before: PortReading; after: PortReading },
): Counted {
  const { groups, numbers } = view;
  const meters = metersOf(groups);
  const meterOf = (group: Group): number | undefined => {
    const meter = meters.get(group.hash);
    return meter === undefined ? undefined : numbers.get(meter.inPort);
  };
  return {
    groups: countGroups(view, meterOf, rules.before, rules.after),
    ports: countPorts(ports.before, ports.after),
  };
}
