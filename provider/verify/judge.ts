import { hasEnded } from "../model/ended";
import { printableLine } from "../printable";
import { judgeDelivery, judgeTunnel } from "./atMonitor";
import { judgeCapture, judgeFilter, judgeSource } from "./atSource";
import { type Evidence, NAMED, type Verdict } from "./evidence";
import type { Unsourced } from "./gather";
import { STAGES, type Stage, type StageVerification, type TapVerification } from "./verification";

/** Judges a tap by the evidence from its hosts. */
export function judgeTap(evidence: Evidence): TapVerification {
  const { source, destination } = evidence;
  const { claim, ports, way } = source.end;
  const idle = idleness(evidence);
  const stages = idle === undefined ? STAGES.map((stage) => judgeStage(stage, evidence)) : [];
  const there = way.kind === "collector" ? claim.collector!.address : (destination?.host ?? source.host);
  return {
    ...named({ ...claim, sourceHost: source.host, destination: there }),
    sourcePorts: ports.map(({ port }) => printableLine(port.name)),
    verdict: idle ?? verdictOf(stages),
    stages,
  };
}

/** The names and ids of a tap, each on one line, because hosts can write anything into claims. */
function named(tap: Pick<TapVerification, "owner" | "service" | "tunnelId" | "sourceHost" | "destination">) {
  const { owner, service, tunnelId, sourceHost, destination } = tap;
  return {
    owner: printableLine(owner),
    service: printableLine(service),
    tunnelId,
    sourceHost: printableLine(sourceHost),
    destination: printableLine(destination),
  };
}

/** Why a tap has nothing to copy; undefined if it has. */
function idleness({ source: { end } }: Evidence): "disabled" | "ended" | undefined {
  if (!end.claim.source.enabled) return "disabled";
  return hasEnded(end.claim, end.view.look.now) ? "ended" : undefined;
}

function verdictOf(stages: readonly StageVerification[]): TapVerification["verdict"] {
  const order = ["wrong", "unknown", "no-traffic", "outside"] as const;
  return order.find((verdict) => stages.some((stage) => stage.verdict === verdict)) ?? "proved";
}

function judgeStage(stage: Stage, evidence: Evidence): StageVerification {
  const { source, destination } = evidence;
  const home = stage === "delivery" && destination !== undefined ? destination.host : source.host;
  const { host = home, verdict, detail } = faultAt(stage, evidence) ?? JUDGES[stage](evidence);
  return { stage, verdict, host: printableLine(host), detail: printableLine(detail) };
}

const JUDGES: Record<Stage, (evidence: Evidence) => Verdict> = {
  source: judgeSource,
  capture: judgeCapture,
  filter: judgeFilter,
  tunnel: judgeTunnel,
  delivery: judgeDelivery,
};

/** What is wrong at a stage according to the hosts' state, or why nothing is known. */
function faultAt(stage: Stage, evidence: Evidence): Verdict | undefined {
  const { source, destination } = evidence;
  const isFirst = stage === "source";
  if (source.dead !== undefined)
    return isFirst
      ? { verdict: "wrong", detail: stopped(source.dead) }
      : { verdict: "unknown", detail: `Open vSwitch does not answer on ${source.host}` };
  const faults = evidence.faults.flatMap(({ host, faults: here }) =>
    (here.get(stage) ?? []).map((what) => ({ host, what })),
  );
  if (faults.length > 0) return wrong(faults);
  if (stage !== "tunnel" && stage !== "delivery")
    return evidence.uncounted === undefined ? undefined : { verdict: "unknown", detail: evidence.uncounted };
  if (destination === undefined) return undefined;
  if ("unseen" in destination) return { verdict: "unknown", detail: destination.unseen };
  if (destination.dead === undefined) return undefined;
  return stage === "delivery"
    ? { verdict: "wrong", detail: stopped(destination.dead) }
    : { verdict: "unknown", detail: `Open vSwitch does not answer on ${destination.host}` };
}

/** Judges a tap that was not found on the host of its source. */
export function judgeUnsourced({ claim, destination, source }: Unsourced): TapVerification {
  const { verdict, detail } = source;
  const names = named({ ...claim, sourceHost: source.host, destination });
  const host = names.sourceHost;
  const rest = { verdict: "unknown", host, detail: "its source is unknown" } as const;
  const stages = STAGES.map((stage): StageVerification => {
    const found = stage === "source" ? { verdict, host, detail: printableLine(detail) } : rest;
    return { stage, ...found, ...(stage === "delivery" ? { host: names.destination } : {}) };
  });
  return { ...names, sourcePorts: [], verdict: verdictOf(stages), stages };
}

function stopped(why: string): string {
  return `Open vSwitch does not answer, so nothing is copied or delivered there: ${why}`;
}

/** A verdict from faults. Faults on the stage's own host are listed plainly, others with the name of their host. */
function wrong(faults: readonly { host: string; what: string }[]): Verdict {
  const { host } = faults[0]!;
  const told = faults.map((fault) =>
    fault.host === host ? fault.what : `host ${fault.host}: ${fault.what}`,
  );
  const more = told.length > NAMED ? `; and ${told.length - NAMED} more` : "";
  return { verdict: "wrong", host, detail: `${told.slice(0, NAMED).join("; ")}${more}` };
}
