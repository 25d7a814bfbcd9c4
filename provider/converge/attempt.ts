import { setTimeout as sleep } from "node:timers/promises";
import { TaasError } from "../errors";
import type { Desired } from "../model/desired";
import { bridgesToRestore } from "../model/linuxBridge";
import { GENERATION_KEY, KEEPER_KEY, readClaims } from "../model/readClaims";
import { render } from "../model/render";
import type { BridgeFacts, Facts } from "../ovs/facts";
import type { TapReading } from "../ovs/tapSwitch";
import { writesOf } from "../plan/claims";
import { reliedPorts } from "../plan/portNumbers";
import type { Claim } from "../schema/claim";
import { type HostAccess, tapBridgeOf } from "./access";
import { commit } from "./commit";
import { applyForeignRules, compareForeignRules, deleteForeignRules, foreignBridges } from "./foreignRules";
import { hostGuard, requireCurrent } from "./guard";
import { keep, removeKeeper, wantsKeeper } from "./keeper";
import { openLinuxBridges, setLinuxBridge } from "./linuxBridges";
import { OtherWriter, type Refusal } from "./otherWriter";
import { type Planned, planAttempt, type Request } from "./planAttempt";
import { isMetered, type Pushed, pushRules } from "./pushRules";

/** A host after its reconciliation. */
export interface Reconciled {
  facts: Facts;
  claims: ReadonlyMap<string, Claim>;
  desired: Desired;
  /** Resolves once copies have started or stopped, as far as this host is concerned. Never rejects. */
  inEffect: Promise<void>;
}

/** The request of an attempt, with the results of the attempts before it. */
export interface AttemptRequest extends Request {
  /** Foreign bridges on which an attempt may have left rules, whatever the host's claims now say. */
  touched: Set<string>;
  /** The owners whose monitors the ports on the tap bridge are, or were before the edits, by the ports' rows. */
  monitors: Map<string, readonly string[]>;
  /** The last refusal of the database that may have been caused by another writer. */
  refused: Refusal | undefined;
}

/** The result of applying a plan. */
interface Applied {
  facts: Facts;
  /** What the tap bridge has, if it was read in the meantime. */
  present: TapReading | undefined;
}

/**
 * Milliseconds that ovs-vswitchd's revalidator threads get to re-examine cached datapath flows, so that copies have
 * started or stopped when an operation ends. Writing a rule triggers them, and nothing reports when they are done.
 */
const REVALIDATION = 10;

/**
 * Makes a host what its claims say after the edits, from facts that may be out of date; throws `OtherWriter` if they
 * are. `stepped`: an intermediate step was taken, and another attempt is to write the claims. The new objects are ready
 * to take over the copies, and whatever a port had to wait for has been deleted. `unsettled`: nothing was written,
 * because port numbers have to be noted that may still be outdated.
 */
export async function attempt(
  access: HostAccess,
  facts: Facts,
  request: AttemptRequest,
): Promise<Reconciled | "stepped" | "unsettled"> {
  const planned = await planAttempt(access, facts, request);
  for (const { port, owners } of planned.before.placements)
    if (owners.length > 0) request.monitors.set(port, owners);
  const { read, claims, end, over, plan } = planned;
  if (facts.unsettled === true && takesPorts(end, facts, planned.tapBridge)) return "unsettled";
  const kept = wantsKeeper(end, read.bridge);
  if (!over || plan.operations.length > 0) await access.requireRights();
  if (kept) await access.requireKeeper();
  await putBack(access, planned, request.touched);
  const applied = await applyPlan(access, planned, request);
  if (over) return { facts: applied.facts, claims, desired: end, inEffect: Promise.resolve() };
  const bridge = applied.facts.bridges.find(({ name }) => name === planned.tapBridge);
  if (bridge === undefined) throw new OtherWriter();
  if (kept && end.keeper === "unwanted") await removeKeeper(access, { bridge, generation: plan.generation });
  const isStep = planned.goal === "step";
  const desired = isStep ? planned.desired : render(claims, applied.facts, planned.tapBridge);
  refuseFailedPorts(access, planned, applied.facts, request);
  const rules = await writeRules(access, { ...planned, desired }, applied, { request, bridge });
  const inEffect = plan.effect === "claims" && rules === "same" ? Promise.resolve() : sleep(REVALIDATION);
  if (!isStep) return { facts: applied.facts, claims, desired, inEffect };
  await inEffect;
  request.stepped = { generation: plan.generation, writes: writesOf(read.bridge) + 1 };
  return "stepped";
}

/** Whether there are meters to check, existing or planned ones. */
function meteredIn({ read, claims }: Planned, { stepped }: AttemptRequest): "yes" | "no" {
  const metered = isMetered(read) || isMetered({ claims, bridge: read.bridge });
  return metered || stepped !== undefined ? "yes" : "no";
}

/** Commits the transaction, and meanwhile reads the rules that are to be changed. */
async function applyPlan(access: HostAccess, planned: Planned, request: AttemptRequest): Promise<Applied> {
  const { plan, facts, over, read } = planned;
  if (plan.operations.length === 0) return { facts, present: undefined };
  const nextCfg = await commit(access, plan, facts, request.refused);
  const isPushed = !over && read.bridge !== undefined && plan.rules === "kept";
  const [applied, present] = await Promise.all([
    nextCfg === undefined ? facts : access.replica.applied(nextCfg, access.timeoutMs),
    isPushed ? access.tapSwitch.read() : undefined,
  ]);
  return { facts: plan.effect === "ports" ? applied : facts, present };
}

/**
 * Writes what is outside OVSDB: rules, ageing times of Linux bridges, the keeper's text. Resolves to the outcome for
 * the rules.
 */
async function writeRules(
  access: HostAccess,
  planned: Planned,
  { facts, present }: Applied,
  { request, bridge }: { request: AttemptRequest; bridge: BridgeFacts },
): Promise<Pushed> {
  const { read, claims, desired, end, goal, plan, tapBridge } = planned;
  const { generation } = plan;
  // A step also keeps what is about to be deleted. An edit that deletes it does not fail because of it.
  const lasting = goal === "step" ? end : desired;
  try {
    const metered = meteredIn(planned, request);
    let pushed = await pushRules(access, { desired, facts, generation, metered, present });
    const foreign = [...foreignBridges(read, planned.facts), ...foreignBridges({ claims, bridge }, facts)];
    for (const name of foreign) request.touched.add(name);
    if (request.touched.size > 0) {
      const guard = hostGuard(access, { generation, ofports: reliedPorts(desired, facts, tapBridge) });
      const differences = await compareForeignRules(access, desired, facts, request.touched);
      const written = await applyForeignRules(differences, guard);
      if (written.pushed === "written") pushed = "written";
      for (const { bridge: name, flow, error } of written.taken)
        rejectOwners(request, ownersOfRule(lasting, name, flow.cookie), error);
    }
    const refused = await openLinuxBridges(access, lasting.monitors, planned.bridges);
    for (const { owner, error } of refused) rejectOwners(request, [owner], error);
    if (end.keeper === "wanted" && goal === "end") await keep(access, desired, facts, { bridge, generation });
    return pushed;
  } catch (error) {
    // The object that was pushed to may have been deleted, even the whole tap bridge.
    if (!(error instanceof OtherWriter) && (await hasMoved(access, generation))) throw new OtherWriter();
    throw error;
  }
}

/** The owners of a rule on another bridge. */
function ownersOfRule({ foreignRules }: Desired, bridge: string, cookie: bigint): string[] {
  return foreignRules
    .filter((rule) => rule.bridge === bridge && rule.cookie === cookie)
    .flatMap(({ owners }) => owners);
}

/** Rejects the edits of some owners: what is impossible for their claims concerns nobody else. */
function rejectOwners({ edits, reject }: Request, owners: readonly string[], error: TaasError): void {
  for (const edit of edits.filter(({ owner }) => owners.includes(owner))) reject(edit, error);
}

/** Whether ports are to be moved to the tap bridge, whose numbers on their home bridges are then noted. */
function takesPorts({ placements }: Desired, { bridges }: Facts, tapBridge: string): boolean {
  const there = new Set(bridges.find(({ name }) => name === tapBridge)?.ports);
  return placements.some(({ port, bridge }) => bridge === tapBridge && !there.has(port));
}

/**
 * Restores what only the rows to be deleted describe: Linux bridges, as their ports' notes say they were, and, before
 * the tap bridge is deleted, what could not be found afterwards. Throws `OtherWriter` if the host is not what the plan
 * was made from.
 */
async function putBack(
  access: HostAccess,
  { read, facts, tapBridge, desired, bridges, over, plan }: Planned,
  touched: ReadonlySet<string>,
): Promise<void> {
  const { bridge } = read;
  const linuxBridges = bridgesToRestore(desired, facts, bridges, bridge);
  if (linuxBridges.length > 0) await requireCurrent(access, bridge, tapBridge);
  for (const linuxBridge of linuxBridges) await setLinuxBridge(access, linuxBridge);
  if (!over || (plan.operations.length === 0 && touched.size === 0)) return;
  const generation = bridge?.otherConfig[GENERATION_KEY] ?? "0";
  await deleteForeignRules(access, generation, facts, new Set([...touched, ...foreignBridges(read, facts)]));
  if (bridge?.otherConfig[KEEPER_KEY] !== undefined) await removeKeeper(access, { bridge, generation });
}

/** Whether another writer has changed the host since; false if the host cannot be read. */
async function hasMoved({ replica, record }: HostAccess, generation: number): Promise<boolean> {
  try {
    const read = readClaims(await replica.read(), tapBridgeOf(record), record.name);
    return read.generation !== generation;
  } catch {
    return false;
  }
}

/**
 * Rejects the edits whose ports Open vSwitch could not create. A port that an intermediate step keeps is left out,
 * because it may be one that is about to be deleted. Throws `OtherWriter` if another writer has deleted a port since.
 */
function refuseFailedPorts(
  access: HostAccess,
  { end, desired }: Planned,
  facts: Facts,
  request: Request,
): void {
  const made = new Map(Object.values(facts.interfaces).map((nic) => [nic.name, nic]));
  const due = new Set(desired.ports.map(({ name }) => name));
  for (const port of end.ports.filter(({ name }) => due.has(name))) {
    const nic = made.get(port.name);
    if (nic === undefined) throw new OtherWriter();
    if (nic.error === undefined && (nic.ofport ?? -1) > 0) continue;
    const why = nic.error ?? "ovs-vswitchd gave it no port number";
    const error = new TaasError(
      `Open vSwitch could not create port ${port.name} (${port.type}) on ${port.bridge}: ${why}`,
      { code: "port-failed", host: access.record.name },
    );
    rejectOwners(request, port.owners, error);
  }
}
