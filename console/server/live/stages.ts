import type { FlowClaim } from "../../../provider/schema/claim";
import type { Count, HostStatistics } from "../../../provider/statistics/statistics";
import type { Stage, TapRow } from "../../api/rows";
import { type End, type Ends, serviceOf } from "./ends";
import type { HostView } from "./hostWatch";
import { perSecond, type Rates, sameCapture } from "./rates";
import { filterLine } from "./taps";

type Capture = HostStatistics["captures"][number];

/** A stage before it is compared with the one before it. */
type Told = Omit<Stage, "state" | "reason" | "perSecond" | "frames"> & {
  count?: Count | undefined;
  rate?: number | undefined;
};

/** A host's counters, current and previous. */
interface Counted {
  now: HostStatistics | undefined;
  before: HostStatistics | undefined;
  seconds: number;
}

/**
 * The path of a tap, from its source to its monitor, with the counters of each stage. Counters belong to a capture
 * group, a tunnel or a service: taps that share one are counted together. A stage is dead if frames reach the one
 * before it, but not this one.
 */
export function stagesOf(row: TapRow, ends: Ends, rates: Rates): Stage[] {
  const { source, far } = ends.flows.get(row.owner) ?? {};
  const claim = source?.claim ?? far?.claim;
  if (claim === undefined) return [];
  const here = countedOn(source?.view, rates);
  const capture = here.now?.captures.find(({ owners }) => owners.includes(row.owner));
  const shared =
    capture !== undefined && capture.owners.length > 1 ? `, shared by ${capture.owners.length} taps` : "";
  const told = [
    sourceStage(row, source),
    ...(source === undefined ? [] : captureStages(row, source, { here, capture, shared })),
    ...tunnelStage(claim, source, here),
    deliveryStage(row, claim, ends, rates),
  ];
  const stages: Stage[] = [];
  for (const each of told) stages.push(judged(each, stages, row));
  return stages;
}

function countedOn(view: HostView | undefined, rates: Rates): Counted {
  const readings = view === undefined ? undefined : rates.of(view.record.name);
  if (readings === undefined) return { now: undefined, before: undefined, seconds: 0 };
  const { now, before } = readings;
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1000;
  return { now: now.statistics, before: before?.statistics, seconds };
}

function sourceStage({ host, port, vm, direction }: TapRow, source: End<FlowClaim> | undefined): Told {
  const of = vm === undefined ? "" : ` of ${vm}`;
  return {
    kind: "source",
    host,
    title: port === "" ? "source" : port,
    detail: source === undefined ? "on a host that this console does not see" : `${direction}${of}`,
  };
}

function captureStages(
  row: TapRow,
  { view, claim }: End<FlowClaim>,
  { here, capture, shared }: { here: Counted; capture: Capture | undefined; shared: string },
): Told[] {
  const host = view.record.name;
  const before =
    capture === undefined || here.before === undefined ? undefined : sameCapture(here.before, capture);
  const stage = (kind: Told["kind"], title: string, detail: string, of: (one: Capture) => Count): Told => {
    const count = capture && of(capture);
    return {
      kind,
      host,
      title,
      detail,
      count,
      rate: count && perSecond(before && of(before), count, here.seconds),
    };
  };
  const accepted = ({ rules }: Capture): Count =>
    rules
      .filter(({ action }) => action === "accept")
      .reduce(
        (sum, { count }) => ({ packets: sum.packets + count.packets, bytes: sum.bytes + count.bytes }),
        { packets: 0, bytes: 0 },
      );
  const { rateLimit } = claim.source!;
  const dropped = capture?.dropped.packets ?? 0;
  return [
    stage("capture", "capture group", `an OVS Mirror${shared}`, ({ matched }) => matched),
    ...(row.filter === "" ? [] : [stage("filter", "filter", filterLine(claim), accepted)]),
    ...(rateLimit === undefined
      ? []
      : [
          stage("limit", "rate limit", `${limitText(rateLimit)}, ${dropped} dropped`, ({ copied }) => copied),
        ]),
  ];
}

function limitText(limit: NonNullable<NonNullable<FlowClaim["source"]>["rateLimit"]>): string {
  return "kbps" in limit ? `${limit.kbps} kbit/s` : `${limit.packetsPerSecond} packets/s`;
}

function tunnelStage(
  claim: FlowClaim,
  source: End<FlowClaim> | undefined,
  { now, before, seconds }: Counted,
): Told[] {
  const { peer, collector } = claim;
  const remote = claim.tunnel?.remote ?? peer?.remote ?? collector?.address;
  if (remote === undefined || source === undefined) return [];
  const host = source.view.record.name;
  const bridge = claim.shared?.bridge;
  const detail =
    bridge === undefined ? `to ${remote}, shared by all that goes there` : `production's, of ${bridge}`;
  const find = (of: HostStatistics | undefined) => of?.tunnels.find(({ remoteIp }) => remoteIp === remote);
  const [count, old] = [find(now)?.sent, find(before)?.sent];
  return [
    { kind: "tunnel", host, title: "tunnel", detail, count, rate: count && perSecond(old, count, seconds) },
  ];
}

function deliveryStage(row: TapRow, claim: FlowClaim, ends: Ends, rates: Rates): Told {
  if (claim.collector !== undefined) {
    const detail = "outside: what arrives there is not counted here";
    return { kind: "delivery", host: "", title: row.monitor, detail };
  }
  const service = serviceOf(claim, ends);
  const { now, before, seconds } = countedOn(service?.view, rates);
  const find = (of: HostStatistics | undefined) => of?.services.find(({ owner }) => owner === claim.service);
  const [count, old] = [find(now)?.delivered, find(before)?.delivered];
  return {
    ...{ kind: "delivery", host: service?.view.record.name ?? "", title: row.monitor },
    detail: `service ${row.service}, all its taps together`,
    ...{ count, rate: count && perSecond(old, count, seconds) },
  };
}

/** The state of a stage, judged by what reaches it. */
function judged({ count, rate, ...stage }: Told, before: readonly Stage[], row: TapRow): Stage {
  const counts = {
    ...(count === undefined ? {} : { frames: count.packets }),
    ...(rate === undefined ? {} : { perSecond: rate }),
  };
  if (stage.kind === "source") return sourceState(stage, row);
  const previous = before.findLast(({ perSecond: reached }) => reached !== undefined);
  const isDead = before.some(({ state }) => state === "dead");
  if (isDead) return { ...stage, ...counts, state: "idle" };
  if (rate === undefined) return { ...stage, ...counts, state: "unknown" };
  if (rate > 0) return { ...stage, ...counts, state: "ok" };
  if (previous?.perSecond === undefined || previous.perSecond === 0)
    return { ...stage, ...counts, state: "idle" };
  const reason =
    stage.kind === "filter"
      ? "the filter accepts none of the frames"
      : `${previous.title} has frames, and none come here`;
  return { ...stage, ...counts, state: stage.kind === "filter" ? "idle" : "dead", reason };
}

function sourceState(stage: Omit<Stage, "state">, { state, reason }: TapRow): Stage {
  const isDead = state === "drifted" && reason?.includes("source port") === true;
  return isDead ? { ...stage, state: "dead", reason: reason! } : { ...stage, state: "ok" };
}
