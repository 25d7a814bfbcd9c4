import { isCurrent } from "../converge/guard";
import type { Action } from "../model/desired";
import { hasEnded } from "../model/ended";
import { lengthsByOwner } from "../model/lengths";
import { TABLES } from "../ovs/packetMessages";
import { numberRule } from "../plan/numberRules";
import { reliedPorts } from "../plan/portNumbers";
import type { Examined } from "./examine";
import type { Sourced } from "./gather";
import { PROBE_TYPE, type ProbeResult, sendingsOf, TABLES_NAME } from "./probe";
import { sendProbes } from "./sendProbes";
import type { Probe } from "./shots";
import type { DestinationEnd } from "./tap";
import type { HostView } from "./view";

/** Who receives arriving probes in addition to this program. */
export type Recipients = "nobody" | "monitors";

/** A path that some taps share, the hosts at its ends, and its probe. */
interface ProbedWay {
  taps: Sourced[];
  ends: readonly Examined[];
  probe: Probe;
}

const NO_WAY: ProbeResult = { outcome: "refused", why: "no port is plugged by which to send a probe" };
/** Port numbers may have changed. */
const CHANGED: ProbeResult = { outcome: "refused", why: "another writer is changing the hosts: run again" };

/**
 * Probes the paths of taps, each path once. A path with a fault is not probed: no probe is sent where ports or rules
 * are not what they should be.
 */
export async function probeTaps(
  taps: readonly Sourced[],
  recipients: Recipients,
): Promise<Map<Sourced, ProbeResult>> {
  const results = new Map<Sourced, ProbeResult>();
  const ways = new Map<string, ProbedWay>();
  for (const tap of taps) {
    const way = wayOf(tap, recipients);
    if (way === undefined) continue;
    if ("outcome" in way) {
      results.set(tap, way);
      continue;
    }
    const key = keyOf(way);
    const known = ways.get(key);
    if (known === undefined) ways.set(key, way);
    else known.taps.push(tap);
  }
  const moved = await movedAmong([...ways.values()].flatMap(({ ends }) => ends));
  const refusal = ({ ends }: ProbedWay) => ends.map((end) => moved.get(end)).find((why) => why !== undefined);
  const due = [...ways.values()].filter((way) => refusal(way) === undefined);
  const found = new Map(zip(due, await sendProbes(due.map(({ probe }) => probe))));
  for (const way of ways.values())
    for (const tap of way.taps) results.set(tap, refusal(way) ?? found.get(way)!);
  return results;
}

function zip<A, B>(some: readonly A[], others: readonly B[]): [A, B][] {
  return some.map((one, index) => [one, others[index]!]);
}

/**
 * The hosts that have changed since they were looked at, or that cannot be read, and the resulting outcome of their
 * probes.
 */
async function movedAmong(hosts: readonly Examined[]): Promise<Map<Examined, ProbeResult>> {
  const moved = new Map<Examined, ProbeResult>();
  await Promise.all(
    [...new Set(hosts)].map(async (host) => {
      const { access, view } = host;
      const { look, desired, tapBridge } = view;
      const ofports = reliedPorts(desired, look.facts, tapBridge);
      try {
        if (!(await isCurrent(access, { generation: look.read.generation, ofports })))
          moved.set(host, CHANGED);
      } catch (error) {
        moved.set(host, { outcome: "refused", why: (error as Error).message });
      }
    }),
  );
  return moved;
}

/** How a tap's path is probed; undefined if it is not, or why it cannot be. */
function wayOf(tap: Sourced, recipients: Recipients): ProbedWay | ProbeResult | undefined {
  const { source, end, destination, faults } = tap;
  if (!end.claim.source.enabled || hasEnded(end.claim, end.view.look.now)) return undefined;
  if (destination === undefined || !("at" in destination)) return undefined;
  const { at, end: far } = destination;
  const isWrong = faults.some(({ faults: found }) => found.has("tunnel") || found.has("delivery"));
  const isThere = source.dead === undefined && at.dead === undefined && far.claim !== undefined;
  if (isWrong || !isThere || far.service === undefined) return undefined;
  for (const { channel, host } of [source, at])
    if ("why" in channel) return { outcome: "refused", why: `no probe on host ${host}: ${channel.why}` };
  const lengths = lengthsByOwner(end.groups).get(end.claim.owner) ?? [];
  const ways = sendingsOf(end, lengths).map(({ actions, longest }) => ({
    actions: numbered(source.view, actions),
    longest,
  }));
  if (ways.length === 0 || ways.some(({ actions }) => actions.length === 0)) return NO_WAY;
  const [from, to] = [source.channel, at.channel] as [Probe["from"], Probe["to"]];
  const deliver = recipients === "monitors" ? deliveryTo(at.view, far) : undefined;
  return { taps: [tap], ends: [source, at], probe: { from, to, ways, ...(deliver && { deliver }) } };
}

/** Identifies a path. Hosts are identified by their machines, because stacks may use one name for different hosts. */
function keyOf({ ends, probe }: ProbedWay): string {
  const bigints = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
  return JSON.stringify([ends.map(({ view }) => view.look.facts.machine), probe.ways], bigints);
}

/** Actions with the numbers of a host's ports; none if a port is missing. */
function numbered(view: HostView, actions: readonly Action[]): Action<number>[] {
  const numbers = new Map([...view.numbers, [TABLES_NAME, TABLES]]);
  const rule = { table: 0, priority: 0, cookie: 0n, match: [], owners: [] };
  return numberRule({ ...rule, actions: [...actions] }, numbers)!.actions;
}

/** The actions that deliver a probe to each monitor. */
function deliveryTo(view: HostView, { service, monitors }: DestinationEnd): Probe["deliver"] {
  const names = monitors.map((monitor) => monitor.interface.name);
  const outputs =
    service?.attachment === "tap-bridge"
      ? names.map((output) => ({ output }))
      : (view.services.deliveries.get(service!.tunnelId)?.deliver() ?? []);
  const text = `a probe of EtherType 0x${PROBE_TYPE.toString(16)} was put out to ${names.join(", ")}`;
  return { actions: numbered(view, outputs), text };
}
