import type { Difference } from "../converge/look";
import type { ErrorCode } from "../errorCodes";
import { groupNames } from "../model/groups";
import { isOurCookie, pieceCookie } from "../model/identity";
import type { Flow } from "../ovs/openflow";
import { type About, type Differences, indexed, type Piece } from "./differences";
import type { DestinationEnd, SourceEnd } from "./tap";
import type { Stage } from "./verification";
import type { HostView } from "./view";

/** What a tap has on one host: either end, or both if source and monitor share the host. */
export interface TapThere {
  view: HostView;
  /** Key of the flow's claim. */
  owner: string;
  tunnelId: number;
  source: SourceEnd | undefined;
  destination: DestinationEnd | undefined;
}

/** Differences that affect a tap, by stage. */
export type Faults = ReadonlyMap<Stage, readonly string[]>;

/** Sorts a host's differences by the stages of a tap; those that do not affect it are left out. */
export function faultsOf(tap: TapThere, differences: readonly Difference[]): Faults {
  const faults = new Map<Stage, string[]>();
  const all = indexed(differences);
  const ports = portStages(tap);
  for (const difference of all.concerning(piecesOf(tap, ports))) {
    const stage = stageOf(tap, difference, { ports, all });
    if (stage === undefined) continue;
    const known = faults.get(stage) ?? [];
    faults.set(stage, known);
    if (!known.includes(difference.what)) known.push(difference.what);
  }
  return faults;
}

/** The objects of a tap on a host whose differences concern it. */
function piecesOf(
  { view, owner, source, destination }: TapThere,
  ports: ReadonlyMap<string, Stage>,
): Piece[] {
  const groups = source?.groups ?? [];
  const own = view.piecesOf(owner);
  const service = destination?.service;
  const cookies = [
    ...groups.map(({ hash }) => pieceCookie(hash)),
    ...own.cookies,
    ...own.arrivals,
    ...(service === undefined ? [] : view.piecesOf(service.owner).cookies),
  ];
  return [
    ...[...ports.keys()].map((port) => ({ port })),
    ...groups.map((group) => ({ mirror: groupNames(group).mirror })),
    ...groups.flatMap((group) => {
      const meter = view.numbers.get(groupNames(group).tap);
      return meter === undefined ? [] : [{ meter }];
    }),
    ...cookies.map((cookie) => ({ cookie })),
  ];
}

function stageOf(
  tap: TapThere,
  { about, owners }: Difference,
  context: { ports: ReadonlyMap<string, Stage>; all: Differences },
): Stage | undefined {
  if (about === undefined) return undefined;
  if ("port" in about) return context.ports.get(about.port);
  // Mirrors and meters of other taps are not among those that concern this one.
  if ("mirror" in about) return "capture";
  if ("meter" in about) return "filter";
  if ("rule" in about) return ruleStage(tap, about, context);
  if ("problem" in about) return problemStage(tap, about.problem, owners);
  return about.bridge === tap.view.tapBridge ? betweenTables(tap, "filter") : undefined;
}

/**
 * The stage of something that everything on the tap bridge passes: `atSource` on the source's host, else the stage at
 * which copies arrive.
 */
function betweenTables({ source }: TapThere, atSource: Stage): Stage {
  return source === undefined ? "delivery" : atSource;
}

/**
 * The stages of a flow's ports after its capture group, by the prefix of their names: a mirror tunnel, patch pairs to
 * production tunnels, patch pairs to monitors on the integration bridge. Others are between Mirror and filter.
 */
const WAYS: Record<string, Stage> = {
  mv: "tunnel",
  ms: "tunnel",
  mx: "tunnel",
  md: "delivery",
  mo: "delivery",
};

/** The stage of each port that the tap's copies pass, by name. */
function portStages({ view, owner, source, destination }: TapThere): Map<string, Stage> {
  const stages = new Map<string, Stage>();
  for (const port of view.piecesOf(owner).ports) stages.set(port, WAYS[port.slice(0, 2)] ?? "filter");
  for (const group of source?.groups ?? []) {
    const { integration, tap } = groupNames(group);
    stages.set(integration, "capture").set(tap, "capture");
  }
  for (const { port } of source?.ports ?? []) stages.set(port.name, "source");
  if (destination?.service === undefined) return stages;
  for (const port of view.piecesOf(destination.service.owner).ports) stages.set(port, "delivery");
  for (const { port } of destination.monitors) stages.set(port.name, "delivery");
  for (const wanted of destination.service.ports)
    if (typeof wanted === "string") stages.set(wanted, "delivery");
  return stages;
}

function ruleStage(
  tap: TapThere,
  about: Extract<About, { rule: unknown }>,
  { ports, all }: { ports: ReadonlyMap<string, Stage>; all: Differences },
): Stage | undefined {
  const { rule, bridge } = about;
  const cookie = all.cookieOf(about);
  if (isOfAnother(tap, rule)) return undefined;
  const known = pieceStage(tap, cookie, rule.table);
  if (known !== undefined) return known;
  return bridge === tap.view.tapBridge && !isOurCookie(cookie) ? strangerStage(tap, rule, ports) : undefined;
}

/** Whether a rule concerns only copies of another service, or from another host. */
function isOfAnother({ tunnelId, destination }: TapThere, { match }: Flow): boolean {
  const id = /(?:^|,)tun_id=(0x[0-9a-f]+|\d+)(?:,|$)/.exec(match)?.[1];
  if (id !== undefined && Number(id) !== tunnelId) return true;
  const from = /(?:^|,)tun_(?:ipv6_)?src=([0-9a-f.:]+)(?:,|$)/.exec(match)?.[1];
  const remote = destination?.claim?.peer?.remote;
  return from !== undefined && remote !== undefined && from !== remote;
}

/** The stage of a rule, by the cookie of the object it belongs to. */
function pieceStage(
  { view, owner, source, destination }: TapThere,
  cookie: bigint,
  table: number,
): Stage | undefined {
  const last: Stage = source?.way.kind === "local" ? "delivery" : "tunnel";
  if (source?.groups.some(({ hash }) => pieceCookie(hash) === cookie) === true)
    return table < 2 ? "filter" : last;
  const own = view.piecesOf(owner);
  if (own.cookies.has(cookie)) return last;
  if (destination === undefined) return undefined;
  if (own.arrivals.has(cookie)) return "tunnel";
  const { service } = destination;
  return service !== undefined && view.piecesOf(service.owner).cookies.has(cookie) ? "delivery" : undefined;
}

/** The stage at which somebody else's rule on the tap bridge may take the tap's copies. */
function strangerStage(
  tap: TapThere,
  { table, match }: Flow,
  ports: ReadonlyMap<string, Stage>,
): Stage | undefined {
  const port = /(?:^|,)in_port=(\d+)(?:,|$)/.exec(match)?.[1];
  if (port === undefined) return betweenTables(tap, table < 2 ? "filter" : "tunnel");
  const name = tap.view.names.get(Number(port));
  const stage = name === undefined ? undefined : ports.get(name);
  return stage === "capture" ? "filter" : stage;
}

/** Problems of the flow itself that do not concern its tunnel. */
const PROBLEM_STAGES: Partial<Record<ErrorCode, Stage>> = {
  "port-missing": "source",
  "source-patch": "source",
  "source-is-monitor": "source",
  "mirrors-exhausted": "capture",
  "rate-limit-unsafe": "filter",
  "service-missing": "delivery",
  "tenant-differs": "delivery",
};

function problemStage(
  { view, owner, source, destination }: TapThere,
  problem: ErrorCode,
  owners: readonly string[],
): Stage | undefined {
  if (owners.includes(owner)) return PROBLEM_STAGES[problem] ?? "tunnel";
  const service = destination?.service?.owner;
  if (service !== undefined && owners.includes(service)) return "delivery";
  const monitors = new Set(destination?.monitors.map(({ port }) => port.name));
  const { claims } = view.look.read;
  const isOnTheWay = owners.some((other) => {
    const claim = claims.get(other);
    if (claim?.kind === "monitor-port") return claim.name !== undefined && monitors.has(claim.name);
    return claim?.kind === "tunnel" && view.desired.ports.some(isTunnelOf(other, owner));
  });
  if (!isOnTheWay) return undefined;
  return owners.some((other) => claims.get(other)?.kind === "tunnel") && source?.way.kind !== "local"
    ? "tunnel"
    : "delivery";
}

/** Whether a port belongs to a MirrorTunnel and carries a flow's copies. */
function isTunnelOf(tunnel: string, flow: string): (port: { owners: readonly string[] }) => boolean {
  return ({ owners }) => owners.includes(tunnel) && owners.includes(flow);
}
