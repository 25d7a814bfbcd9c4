import { tapBridgeOf } from "../../provider/converge/access";
import { NO_ORGANIZATION, ownerFromUrn } from "../../provider/face/owner";
import { render } from "../../provider/model/render";
import { writeClaim } from "../../provider/plan/claims";
import { ruleText } from "../../provider/plan/flowText";
import { portNumbers } from "../../provider/plan/portNumbers";
import type { FlowClaim } from "../../provider/schema/claim";
import type { PortSelector } from "../../provider/schema/selector";
import type { ChangeSummary, Preview } from "../api/changes";
import type { Event } from "../api/events";
import type { NewTapFacts, Vm } from "../api/ports";
import type { ServiceRow, Stage, Tap, TapRow } from "../api/rows";
import { summaryOfPreview } from "./changes/previews";
import { errorFor, type PreviewRecord, seesStep, stepFor, summaryOfChange } from "./changes/record";
import type { Console } from "./console";
import type { End, Ends, FlowEnds } from "./live/ends";
import { newTapFacts, portsThatMatch } from "./live/facts";
import type { Live } from "./live/live";
import { moveCode } from "./live/moveCode";
import { stagesOf } from "./live/stages";
import { vmsOf } from "./live/vms";
import { changedLines } from "./program/unifiedDiff";
import { notFound } from "./refusal";
import { rowFor, ruleFor, stageFor } from "./roles/readable";
import { lockFor } from "./roles/shown";
import { findPortFor, hostFor, mayUsePorts, sees, type Viewer, waiting, waitsForAs } from "./roles/viewer";

/** Everything that a viewer sees, as the page's initial state. */
export function snapshotFor(console: Console, viewer: Viewer): Extract<Event, { type: "snapshot" }> {
  const { live, programError } = console;
  const { taps, services, hosts } = live.all;
  const lock = lockFor(viewer, console.lock);
  return {
    type: "snapshot",
    taps: rowsFor(viewer, taps, live).map((row) => withRate(row, live)),
    services: rowsFor(viewer, services, live).map((row) => withDeliveries(row, live)),
    hosts: hosts.map((row) => hostFor(viewer, row, { taps, services })),
    changes: changesFor(console, viewer),
    complete: live.isComplete,
    ...(lock === undefined ? {} : { lock }),
    ...(programError === undefined ? {} : { programError: errorFor(viewer, programError) }),
  };
}

function rowsFor<Row extends TapRow | ServiceRow>(
  viewer: Viewer,
  rows: readonly Row[],
  { all }: Live,
): Row[] {
  return rows.filter((row) => sees(viewer, row)).map((row) => rowFor(viewer, row, all));
}

/** The changes that a viewer sees, the latest first. */
export function changesFor({ changes }: Console, viewer: Viewer): ChangeSummary[] {
  const seen = (changes?.all ?? []).filter((change) => sees(viewer, change));
  return seen.map((change) => waiting(viewer, summaryOfChange(change)));
}

function withRate(row: TapRow, { measured }: Live): TapRow {
  const rate = measured.taps[row.id];
  return rate === undefined ? row : { ...row, copiesPerSecond: rate };
}

function withDeliveries(row: ServiceRow, { measured }: Live): ServiceRow {
  const rate = measured.services[row.id];
  return rate === undefined ? row : { ...row, perSecond: rate };
}

/** Rows that are told anew take the place of those before, so that they have what is measured, too. */
export function withRates(event: Event, live: Live): Event {
  if (event.type === "taps") return { ...event, put: event.put.map((row) => withRate(row, live)) };
  if (event.type === "services") return { ...event, put: event.put.map((row) => withDeliveries(row, live)) };
  return event;
}

/** The row of a tap that a viewer may see. Throws the same Refusal for a tap that does not exist and for another's. */
export function tapRowFor({ live }: Console, viewer: Viewer, id: string): TapRow {
  const row = live.all.taps.find((candidate) => candidate.id === id);
  if (row === undefined || !sees(viewer, row)) throw notFound("tap");
  return withRate(rowFor(viewer, row, live.all), live);
}

/** The path of a tap with its hosts' current counters. */
export function stagesFor({ live }: Console, viewer: Viewer, row: TapRow): Stage[] {
  return stagesOf(row, live.ends, live.measured).map((stage) => stageFor(viewer, stage, live.all));
}

/** One tap in full. */
export function tapFor(console: Console, viewer: Viewer, id: string): Tap {
  const { live, options } = console;
  const row = tapRowFor(console, viewer, id);
  const flow: FlowEnds = live.ends.flows.get(row.owner) ?? { others: [] };
  const seen = flow.others.filter(({ claim }) => sees(viewer, claim));
  const ends = [flow.source, flow.far, ...seen].filter((end) => end !== undefined);
  const isOthers = !row.own && row.stack !== live.stack;
  const move = isOthers && viewer.role !== "tenant" ? moveCode(flow, live.ends) : undefined;
  const organization = options.project?.identity.organization ?? NO_ORGANIZATION;
  const history = (console.changes?.all ?? []).filter(
    (change) =>
      sees(viewer, change) && change.steps.some(({ urn }) => ownerFromUrn(urn, organization) === row.owner),
  );
  const { description } = ends[0]?.claim ?? {};
  return {
    ...row,
    ...(description === undefined ? {} : { description }),
    stages: stagesFor(console, viewer, row),
    rules: ends.flatMap((end) => rulesOf(end, row.owner).map((rule) => ruleFor(viewer, rule))),
    claims: ends.map(({ view, claim }) => ({
      host: view.record.name,
      key: `taas:${claim.owner}`,
      json: claimFor(viewer, claim),
    })),
    history: history.map((change) => waiting(viewer, summaryOfChange(change))),
    ...(move === undefined ? {} : { moveCode: move }),
  };
}

/** What a tenant reads of a claim. The rest says how hosts are reached, who uses them, and what was there before. */
const OF_TENANTS = [
  ...["format", "kind", "owner", "service", "tunnelId", "source", "collector", "until"],
  ...["tenant", "description", "writer", "time", "pending"],
];

function claimFor({ role }: Viewer, claim: FlowClaim): string {
  if (role !== "tenant") return writeClaim(claim);
  const { collector, ...rest } = claim;
  const { local: _, ...target } = collector ?? {};
  const whole = { ...rest, ...(collector === undefined ? {} : { collector: target }) };
  const told = Object.entries(whole).filter(([key]) => OF_TENANTS.includes(key));
  return writeClaim(Object.fromEntries(told) as FlowClaim);
}

/** The rules of a claim on its host, in ovs-ofctl's notation. */
function rulesOf({ view }: End, owner: string): string[] {
  const { record, inspection } = view;
  const { facts, read } = inspection;
  const bridge = tapBridgeOf(record);
  const numbers = portNumbers(facts, bridge);
  return render(read.claims, facts, bridge)
    .rules.filter(({ owners }) => owners.includes(owner))
    .map((rule) => `${record.name} ${bridge}: ${ruleText(rule, numbers) ?? "waits for a port"}`);
}

/** The VMs of a host that a viewer may tap or use as monitors. */
export function vmsFor({ live }: Console, viewer: Viewer, host: string): Vm[] {
  const view = live.views.find(({ record }) => record.name === host);
  if (view === undefined) throw notFound("host");
  if (view.inspection === undefined) return [];
  return vmsOf(view as End["view"], endsFor(viewer, live.ends), mayUsePorts(viewer, view.inspection.facts));
}

/** Claims without the flows that a viewer may not see: a tenant may not learn who else taps its ports. */
function endsFor(viewer: Viewer, ends: Ends): Ends {
  if (viewer.role !== "tenant") return ends;
  const seen = [...ends.flows].filter(([, { source, far }]) => sees(viewer, (source ?? far)!.claim));
  return { ...ends, flows: new Map(seen) };
}

/** A host that has been read. */
function inspectedView({ views }: Live, host: string): End["view"] {
  const view = views.find(({ record }) => record.name === host);
  if (view?.inspection === undefined) throw notFound("host");
  return view as End["view"];
}

/** What to know before a port of a host is tapped into a service. */
export function factsFor(
  { live, options }: Console,
  viewer: Viewer,
  { host, port, service }: { host: string; port: string; service: string | null },
): Promise<NewTapFacts> {
  const view = inspectedView(live, host);
  const found = findPortFor(viewer, view.inspection.facts, port);
  if (found === undefined) throw notFound("port");
  const asked = { view, ports: [found], ends: endsFor(viewer, live.ends) };
  return newTapFacts(options.context, { ...asked, service: serviceFor(live, viewer, service) });
}

/** The same of the ports that match. What else there is on a host is no tenant's to know. */
export function selectionFor(
  { live, options }: Console,
  viewer: Viewer,
  { host, ports, service }: { host: string; ports: PortSelector; service: string | null },
): Promise<NewTapFacts> {
  if (viewer.role === "tenant") throw notFound("host");
  const view = inspectedView(live, host);
  const asked = { view, ports: portsThatMatch(view, ports), ends: live.ends };
  return newTapFacts(options.context, { ...asked, service: serviceFor(live, viewer, service) });
}

function serviceFor({ all }: Live, viewer: Viewer, asked: string | null): ServiceRow | undefined {
  return all.services.find((row) => row.id === asked && sees(viewer, row));
}

/** A preview as a viewer may see it: of others' resources only how many there are. */
export function previewFor(console: Console, viewer: Viewer, record: PreviewRecord): Preview {
  const { id, state, waitsFor, change, edit, steps, programDiff, text, warnings } = record;
  const { error, reason, fingerprint } = record;
  const seen = steps.filter((step) => seesStep(viewer, step));
  const isWhole = seen.length === steps.length && viewer.role !== "tenant";
  return {
    ...{ id, state, edit, by: record.viewer.user, summary: summaryOfPreview({ ...record, steps: seen }) },
    ...{ steps: seen.map(({ step }) => stepFor(viewer, step)), hiddenSteps: steps.length - seen.length },
    programDiff: isWhole ? programDiff : changedLines(programDiff),
    ...(isWhole ? { pulumiDiff: text } : {}),
    warnings: isWhole ? warnings : [],
    needsApproval: console.changes?.needsApproval(record) ?? false,
    ...(waitsFor === undefined || state !== "waiting" ? {} : { waitsFor: waitsForAs(viewer, waitsFor) }),
    ...(change === undefined ? {} : { change }),
    ...(error === undefined ? {} : { error: errorFor(viewer, error, reason) }),
    ...(fingerprint === undefined || state !== "ready" ? {} : { fingerprint }),
  };
}
