import { setTimeout as sleep } from "node:timers/promises";
import { TaasError } from "../errors";
import type { Desired } from "../model/desired";
import { handover } from "../model/handover";
import { bridgesToRestore, devicesOf } from "../model/linuxBridge";
import { GENERATION_KEY, KEEPER_KEY, readClaims } from "../model/readClaims";
import { render } from "../model/render";
import { bumpNextCfg, nextCfgOf } from "../ovs/applied";
import { isSame } from "../ovs/database";
import type { BridgeFacts, Facts } from "../ovs/facts";
import type { TapReading } from "../ovs/tapSwitch";
import { reliedPorts } from "../plan/flowText";
import { isOver, type Plan, type PlanInput, planHost } from "../plan/host";
import { withoutWaiting } from "../plan/ports";
import type { Claim } from "../schema/claim";
import { type HostAccess, integrationBridgeOf, tapBridgeOf } from "./access";
import { outcomeOf } from "./draft";
import type { Edit } from "./edit";
import { applyForeignRules, compareForeignRules, deleteForeignRules, foreignBridges } from "./foreignRules";
import { hostGuard } from "./guard";
import { keep, removeKeeper, wantsKeeper } from "./keeper";
import { openLinuxBridges, setLinuxBridge } from "./linuxBridges";
import { OtherWriter } from "./otherWriter";
import { isMetered, pushRules } from "./pushRules";
import { readLinuxBridges } from "./readLinuxBridges";
import { readRenewals } from "./renewals";

/** A host after its reconciliation. */
export interface Reconciled {
  facts: Facts;
  claims: ReadonlyMap<string, Claim>;
  desired: Desired;
  /** Resolves once copies have begun or ended, as far as this host is concerned. Never rejects. */
  inEffect: Promise<void>;
}

/** What attempts are for. */
export interface Request {
  edits: readonly Edit[];
  reject(edit: Edit, error: unknown): void;
  /** Whether the attempt before was `prepared`. */
  metersMayRemain: boolean;
  /** Bridges that are not ours and on which an attempt may have left rules, whatever the host's claims say by now. */
  touched: Set<string>;
}

/** An attempt as it is planned. `desired` is what it comes to: the end, or a step on the way there. */
interface Planned extends PlanInput {
  end: Desired;
  /** The step in which what is new gets ready to take the copies over, where there is one. */
  between: Desired | undefined;
  /** Whether a port has to go before another can come: then this attempt only lets it go. */
  waits: boolean;
  /** Whether the tap bridge is to be deleted. */
  over: boolean;
  plan: Plan;
}

/** What there is once a plan has been put into effect. */
interface Applied {
  facts: Facts;
  /** What the tap bridge has, where that was read meanwhile. */
  present: TapReading | undefined;
}

/**
 * Milliseconds that ovs-vswitchd's revalidator threads get to look anew at what the datapath has cached, so that copies have
 * begun or ended when an operation has. They start when a rule is written; nothing says when they are done.
 */
const REVALIDATION = 10;

/**
 * Makes a host what its claims say after the edits, from facts that may be out of date. Throws `OtherWriter` where they are.
 * `prepared`: the claims are written for another attempt to finish: what is new is ready to hand the copies over to, or what
 * it waits for is gone. `unsettled`: nothing is written, because numbers are to be noted that may still be those of before.
 */
export async function attempt(
  access: HostAccess,
  facts: Facts,
  request: Request,
): Promise<Reconciled | "prepared" | "unsettled"> {
  const planned = await planAttempt(access, facts, request);
  const { read, claims, end, over, plan } = planned;
  if (facts.unsettled === true && takesPorts(end, facts, planned.tapBridge)) return "unsettled";
  const kept = wantsKeeper(end, read.bridge);
  if (kept) await access.requireKeeper();
  // Before their notes go, which alone say how they were.
  for (const bridge of bridgesToRestore(planned.desired, facts)) await setLinuxBridge(access, bridge);
  if (over && (plan.operations.length > 0 || request.touched.size > 0))
    await retire(access, planned, request.touched);
  const applied = await applyPlan(access, planned, request);
  if (over) return { facts: applied.facts, claims, desired: end, inEffect: Promise.resolve() };
  const bridge = applied.facts.bridges.find(({ name }) => name === planned.tapBridge);
  if (bridge === undefined) throw new OtherWriter();
  if (kept && end.keeper === "unwanted") await removeKeeper(access, { bridge, generation: plan.generation });
  if (planned.waits) return "prepared";
  const desired = renderedFrom(planned, applied.facts);
  // Not of what the hand-over keeps from before: a port that is given up may well be one that Open vSwitch could not make.
  refuseFailedPorts(access, planned.end, applied.facts, request);
  await writeRules(access, { ...planned, desired }, applied, { request, bridge });
  const inEffect = plan.effect === "claims" ? Promise.resolve() : sleep(REVALIDATION);
  if (planned.between === undefined) return { facts: applied.facts, claims, desired, inEffect };
  await inEffect;
  return "prepared";
}

/** What the claims come to after the edits, and what of it this attempt does. */
async function planAttempt(access: HostAccess, facts: Facts, { edits, reject }: Request): Promise<Planned> {
  const { record, ovsdb } = access;
  const tapBridge = tapBridgeOf(record);
  const integrationBridge = integrationBridgeOf(record);
  const read = readClaims(facts, tapBridge, record.name);
  const { claims, desired: end, before } = outcomeOf({ record, read, facts, edits, reject });
  const first = withoutWaiting(end, before, facts);
  const waits = first !== end;
  const between = waits ? first : handover(before, end, tapBridge);
  const desired = between ?? end;
  const leaving = desired.placements.map(({ bridge }) => bridge).filter((bridge) => bridge !== tapBridge);
  const over = isOver({ claims, desired, facts, tapBridge });
  const renewals = await readRenewals(ovsdb, facts, tapBridge, over ? [integrationBridge] : leaving);
  const bridges = await readLinuxBridges(access, devicesOf(desired.monitors, facts));
  const input = { read, claims, desired, before, facts, tapBridge, integrationBridge, renewals, bridges };
  return { ...input, end, between, waits, over, plan: planHost(input) };
}

/** Whether there are meters to look at, from before or from now on. */
function meteredIn({ read, claims }: Planned, { metersMayRemain }: Request): "yes" | "no" {
  const metered = isMetered(read) || isMetered({ claims, bridge: read.bridge });
  return metered || metersMayRemain ? "yes" : "no";
}

/** Carries the transaction out; meanwhile reads the rules that are to be changed. */
async function applyPlan(access: HostAccess, planned: Planned, request: Request): Promise<Applied> {
  const { plan, facts, over, read } = planned;
  if (plan.operations.length === 0) return { facts, present: undefined };
  const nextCfg = await commit(access, plan, facts);
  const isPushed =
    !over && meteredIn(planned, request) === "no" && read.bridge !== undefined && plan.rules === "kept";
  const [applied, present] = await Promise.all([
    nextCfg === undefined ? facts : access.replica.applied(nextCfg, access.timeoutMs),
    isPushed ? access.tapSwitch.read() : undefined,
  ]);
  return { facts: plan.effect === "ports" ? applied : facts, present };
}

/**
 * One transaction; the answer is the number that says when ovs-vswitchd has put it into effect, undefined where there is
 * nothing to put. What the database refuses from facts that are out of date, such as a port that has gone, is no refusal.
 */
async function commit(
  access: HostAccess,
  { operations, effect }: Plan,
  before: Facts,
): Promise<number | undefined> {
  const { ovsdb, replica, record } = access;
  await access.requireRights();
  const acknowledged = effect !== "claims";
  try {
    const results = await ovsdb.transact([...operations, ...(acknowledged ? bumpNextCfg() : [])]);
    return acknowledged ? nextCfgOf(results, record.name) : undefined;
  } catch (error) {
    if (!(error instanceof TaasError)) throw error;
    if (error.code === "guard-failed") throw new OtherWriter();
    if (error.code === "ovsdb-error" && !isSame(await replica.read(), before)) throw new OtherWriter();
    throw error;
  }
}

/** What the claims come to with the port numbers that there are now. */
function renderedFrom({ read, claims, desired, between, facts, tapBridge }: Planned, now: Facts): Desired {
  if (now === facts) return desired;
  const last = render(claims, now, tapBridge);
  if (between === undefined) return last;
  return handover(render(read.claims, now, tapBridge), last, tapBridge) ?? last;
}

/** Writes all that stands elsewhere than in OVSDB: rules, ageing times of Linux bridges, the keeper's text. */
async function writeRules(
  access: HostAccess,
  planned: Planned,
  { facts, present }: Applied,
  { request, bridge }: { request: Request; bridge: BridgeFacts },
): Promise<void> {
  const { read, claims, desired, end, between, plan, tapBridge } = planned;
  const { generation } = plan;
  try {
    const metered = meteredIn(planned, request);
    await pushRules(access, { desired, facts, generation, metered, present });
    const foreign = [...foreignBridges(read), ...foreignBridges({ claims, bridge: read.bridge })];
    for (const name of foreign) request.touched.add(name);
    if (request.touched.size > 0) {
      const guard = hostGuard(access, { generation, ofports: reliedPorts(desired, facts, tapBridge) });
      await applyForeignRules(await compareForeignRules(access, desired, facts, request.touched), guard);
    }
    const refused = await openLinuxBridges(access, desired.monitors, planned.bridges);
    for (const { owner, error } of refused)
      for (const edit of request.edits.filter((one) => one.owner === owner)) request.reject(edit, error);
    const keeps = end.keeper === "wanted" && between === undefined;
    if (keeps) await keep(access, desired, facts, { bridge, generation });
  } catch (error) {
    // What was pushed for may be gone by now, and the tap bridge with it.
    if (!(error instanceof OtherWriter) && (await hasMoved(access, generation))) throw new OtherWriter();
    throw error;
  }
}

/** Whether ports are to be moved to the tap bridge, whose numbers at home are noted with that. */
function takesPorts({ placements }: Desired, { bridges }: Facts, tapBridge: string): boolean {
  const there = new Set(bridges.find(({ name }) => name === tapBridge)?.ports);
  return placements.some(({ port, bridge }) => bridge === tapBridge && !there.has(port));
}

/** Takes what nothing would lead to any more off the host, before its tap bridge goes. */
async function retire(
  access: HostAccess,
  { read, facts }: Planned,
  touched: ReadonlySet<string>,
): Promise<void> {
  const { bridge } = read;
  const generation = bridge?.otherConfig[GENERATION_KEY] ?? "0";
  await deleteForeignRules(access, generation, facts, new Set([...touched, ...foreignBridges(read)]));
  if (bridge?.otherConfig[KEEPER_KEY] !== undefined) await removeKeeper(access, { bridge, generation });
}

/** Whether another writer has changed the host since; a host that cannot be asked has not. */
async function hasMoved({ replica, record }: HostAccess, generation: number): Promise<boolean> {
  try {
    const read = readClaims(await replica.read(), tapBridgeOf(record), record.name);
    return read.generation !== generation;
  } catch {
    return false;
  }
}

/** Rejects the edits whose ports Open vSwitch could not make. */
function refuseFailedPorts(
  access: HostAccess,
  desired: Desired,
  facts: Facts,
  { edits, reject }: Request,
): void {
  const made = new Map(Object.values(facts.interfaces).map((nic) => [nic.name, nic]));
  for (const port of desired.ports) {
    const nic = made.get(port.name);
    if (nic !== undefined && nic.error === undefined && (nic.ofport ?? -1) > 0) continue;
    const why = nic?.error ?? "ovs-vswitchd gave it no port number";
    for (const edit of edits.filter((candidate) => port.owners.includes(candidate.owner))) {
      reject(
        edit,
        new TaasError(
          `Open vSwitch could not make port ${port.name} (${port.type}) on ${port.bridge}: ${why}`,
          {
            code: "port-failed",
            host: access.record.name,
          },
        ),
      );
    }
  }
}
