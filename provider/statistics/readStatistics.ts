import { type HostAccess, tapBridgeOf } from "../converge/access";
import type { Look } from "../converge/look";
import { isMetered } from "../converge/pushRules";
import type { Meter } from "../model/desired";
import { filterOf } from "../model/filter/filterOf";
import {
  type Group,
  type GroupDirection,
  groupFlows,
  groupNames,
  groupOwners,
  type SourceFlow,
} from "../model/groups";
import { render } from "../model/render";
import { tunnelIdsOf } from "../model/serviceNames";
import { DEFAULT_PRIORITY, metersOf } from "../model/treat";
import { dumpFlows } from "../ovs/dumpFlows";
import { readMeterDrops } from "../ovs/meterStatistics";
import type { Flow } from "../ovs/openflow";
import { type PortCount, readPortCounts } from "../ovs/portCounts";
import { portNumbers } from "../plan/portNumbers";
import { printableLine } from "../printable";
import { MAX_FILTER_RULES } from "../schema/filter";
import { GroupRules } from "./groupRules";
import { receivesOn } from "./receives";
import type {
  CaptureStatistics,
  Count,
  HostStatistics,
  RuleStatistics,
  ServiceStatistics,
  TunnelStatistics,
} from "./statistics";

const NOTHING: Count = { packets: 0, bytes: 0 };

/** Reads a host's counters: rules and meters of its tap bridge, and the ports of its mirror tunnels. */
export async function readStatistics(access: HostAccess, look: Look): Promise<HostStatistics> {
  const { facts, read, record } = look;
  const bridge = tapBridgeOf(record);
  const empty: HostStatistics = { address: record.address, captures: [], tunnels: [], services: [] };
  if (read.bridge === undefined) return empty;
  const target = { run: access.run, bridge, host: record.name };
  const desired = render(read.claims, facts, bridge);
  const flows = [...read.claims.values()].filter(({ kind }) => kind !== "capture");
  const groups = groupFlows(flows, facts, bridge, { ...desired, problems: [] });
  const [rules, drops, counts] = await Promise.all([
    dumpFlows(target),
    isMetered(read) ? readMeterDrops(target) : new Map<number, Count>(),
    readPortCounts(target),
  ]);
  const numbers = portNumbers(facts, bridge);
  const tunnelIds = tunnelIdsOf(read.claims.values());
  const receives = receivesOn(read.claims, facts.machine, tunnelIds);
  const counted = countedTogether(groups);
  const ofGroups = new GroupRules(rules, numbers);
  const captures = counted.map(({ groups: own, meter }) =>
    capture(own, ofGroups, (meter && drops.get(numbers.get(meter.inPort) ?? 0)) ?? NOTHING),
  );
  return {
    ...empty,
    captures,
    tunnels: desired.ports
      .filter((port) => port.type !== "patch")
      .map((port) => tunnel(port, counts.get(numbers.get(port.name) ?? 0))),
    services: [...read.claims.values()].flatMap((claim): ServiceStatistics[] => {
      if (claim.kind !== "service") return [];
      const ids = tunnelIds.get(claim.owner)!;
      const fields = [...ids].map((id) => `tun_id=0x${id.toString(16)}`);
      const arrived = rules.filter(
        (flow) => flow.table === 2 && flow.match.split(",").some((field) => fields.includes(field)),
      );
      const local = captures.filter((one) => receives(claim.owner, one));
      return [
        {
          owner: claim.owner,
          tunnelId: claim.tunnelId,
          delivered: total([...arrived.map(countOf), ...local.map((one) => one.copied)]),
        },
      ];
    }),
  };
}

function countOf(flow: Flow): Count {
  return { packets: Number(flow.packets ?? 0n), bytes: Number(flow.bytes ?? 0n) };
}

function total(counts: readonly Count[]): Count {
  return counts.reduce(
    (sum, { packets, bytes }) => ({ packets: sum.packets + packets, bytes: sum.bytes + bytes }),
    NOTHING,
  );
}

/** A rule also counts what its meter then drops. */
function less(count: Count, dropped: Count): Count {
  return {
    packets: Math.max(0, count.packets - dropped.packets),
    bytes: Math.max(0, count.bytes - dropped.bytes),
  };
}

/** Groups whose copies are counted together: those of a capped flow share one meter, which does not tell them apart. */
interface Counted {
  groups: readonly [Group, ...Group[]];
  meter: Meter | undefined;
}

function countedTogether(groups: readonly Group[]): Counted[] {
  const meters = metersOf(groups);
  const counted = new Map<Meter | Group, Counted>();
  for (const group of groups) {
    const meter = meters.get(group.hash);
    const known = counted.get(meter ?? group);
    counted.set(meter ?? group, { groups: known === undefined ? [group] : [...known.groups, group], meter });
  }
  return [...counted.values()];
}

function flowOf({ groups: [group] }: Pick<Counted, "groups">): SourceFlow {
  return group.members[0]!.flow as SourceFlow;
}

function capture(groups: Counted["groups"], rules: GroupRules, dropped: Count): CaptureStatistics {
  const [group] = groups;
  const limited = group.members[0]!.flow.source.rateLimit !== undefined;
  const counted = (flows: Flow[]) => total(flows.map(countOf));
  return {
    owners: groupOwners(group),
    portNames: portNames(groups),
    mirrors: groups.map((one) => groupNames(one).mirror),
    tunnelId: flowOf({ groups }).tunnelId,
    direction: directionOf(groups),
    matched: counted(groups.flatMap((one) => rules.captured(one))),
    copied: less(counted(groups.flatMap((one) => rules.accepted(one))), dropped),
    dropped,
    rules: ruleStatistics(
      groups.flatMap((one) => rules.deciding(one, limited ? 0 : 1)),
      group,
    ),
  };
}

/** What groups capture together. Groups of one direction differ in the VLAN class of their ports. */
function directionOf([{ direction }, ...others]: Counted["groups"]): GroupDirection {
  return others.every((other) => other.direction === direction) ? direction : "any";
}

/** The names of the ports that groups tap, each once, safe to show on a page or a terminal. */
function portNames(groups: readonly Group[]): string[] {
  const ports = groups.flatMap(({ members }) => members.flatMap((member) => member.ports));
  return [...new Set(ports.map(({ port }) => printableLine(port.name)))].sort();
}

/** The flows of one rule have a priority of their own. */
function ruleStatistics(deciding: readonly Flow[], group: Group): RuleStatistics[] {
  const { rules } = filterOf(group.members[0]!.flow.source);
  const at = (priority: number) => deciding.filter((flow) => flow.priority === DEFAULT_PRIORITY + priority);
  const fallback = at(0);
  const accepts = fallback.some((flow) => flow.actions !== "drop");
  return [
    ...rules.map((rule, index) => ({
      rule: index,
      action: rule.action,
      count: total(at(MAX_FILTER_RULES - index).map(countOf)),
    })),
    { rule: "default", action: accepts ? "accept" : "reject", count: total(fallback.map(countOf)) },
  ];
}

function tunnel(
  port: { name: string; type: string; options: Record<string, string> },
  count: PortCount | undefined,
): TunnelStatistics {
  return {
    portName: port.name,
    type: port.type,
    localIp: port.options.local_ip ?? "",
    remoteIp: port.options.remote_ip ?? "",
    sent: count?.sent ?? NOTHING,
    received: count?.received ?? NOTHING,
    errors: count?.errors ?? 0,
  };
}
