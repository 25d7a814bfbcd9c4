import { setTimeout as sleep } from "node:timers/promises";
import { TaasError } from "../errors";
import type { Desired } from "../model/desired";
import { handover } from "../model/handover";
import { homecomers } from "../model/home";
import { bridgesToRestore } from "../model/linuxBridge";
import { type ClaimSet, GENERATION_KEY, KEEPER_KEY, readClaims } from "../model/readClaims";
import { render } from "../model/render";
import { bumpNextCfg, nextCfgOf, onceApplied, waitApplied } from "../ovs/applied";
import type { Facts } from "../ovs/facts";
import { readFacts } from "../ovs/readFacts";
import type { SwitchReading } from "../ovs/switchClient";
import { reliedPorts } from "../plan/flowText";
import { isOver, type Plan, planHost } from "../plan/host";
import { withoutWaiting } from "../plan/ports";
import type { Claim } from "../schema/claim";
import { type HostAccess, integrationBridgeOf, tapBridgeOf } from "./access";
import { draftHost } from "./draft";
import type { Edit } from "./edit";
import { hostGuard } from "./guard";
import { applyHooks, compareHooks, hookBridges, retireHooks } from "./hooks";
import { dismiss, isKept, keep } from "./keeper";
import { openLinuxBridges, readLinuxBridges, setLinuxBridge } from "./linuxBridges";
import { isMetered, pushRules } from "./pushRules";
import { readRenewals } from "./renewals";

/** A host after its reconciliation. */
export interface Reconciled {
  facts: Facts;
  claims: ReadonlyMap<string, Claim>;
  desired: Desired;
  /** Resolves once copies have begun or ended, as far as this host is concerned. Never rejects. */
  inEffect: Promise<void>;
}

/** How often a race with other writers is run again before giving up. */
const MAX_ATTEMPTS = 40;

/**
 * Milliseconds that ovs-vswitchd's revalidator threads get to look anew at what the datapath has cached, so that copies have
 * begun or ended when an operation has. They start when a rule is written; nothing says when they are done.
 */
const REVALIDATION = 10;

/**
 * Brings one host to what its claims, after the edits, say. One transaction, then one flow bundle, and once more where
 * copies change their way or a port waits for another to go; when another writer was faster, all anew from a fresh read.
 * `known`: what was read a moment ago. Edits that cannot be are rejected one by one, the others go in.
 */
export async function reconcile(
  access: HostAccess,
  edits: readonly Edit[],
  reject: (edit: Edit, error: unknown) => void,
  known?: Facts,
): Promise<Reconciled> {
  let open = [...edits];
  const drop = (edit: Edit, error: unknown): void => {
    open = open.filter((other) => other !== edit);
    reject(edit, error);
  };
  let leaving = "";
  let handing: Attempt["handing"] = "nothing";
  let facts = known;
  const touched = new Set<string>();
  for (let lost = 0; lost < MAX_ATTEMPTS; ) {
    const start = performance.now();
    const done = await attemptOnce(access, { edits: open, reject: drop, handing, facts, touched });
    facts = undefined;
    if (done === "prepared") {
      handing = "over";
      lost++;
      continue;
    }
    if (done === "unsettled") {
      facts = await settledFacts(access);
      lost++;
      continue;
    }
    if (done === "lost") {
      lost++;
      await sleep(pauseAfter(lost, performance.now() - start));
      continue;
    }
    // Once it is there, a monitor that went home gets its number request back.
    const stillLeaving = homecomers(done.desired, done.facts, tapBridgeOf(access.record)).join(" ");
    if (stillLeaving === leaving || stillLeaving === "") return done;
    await done.inEffect;
    leaving = stillLeaving;
  }
  throw new TaasError(
    `other writers changed the host ${MAX_ATTEMPTS} times while this operation was under way`,
    {
      code: "too-many-writers",
      host: access.record.name,
      hint: "Run again; nothing is half-done",
    },
  );
}

/** The longest pause before another attempt, in milliseconds. */
const LONGEST_PAUSE = 10_000;

/**
 * Milliseconds until the next attempt: at random within a span that doubles with each race lost, measured by what an
 * attempt takes. Where many write at once, or a machine is slow, most then wait while one gets through.
 */
function pauseAfter(lost: number, attemptMs: number): number {
  return Math.random() * Math.min(attemptMs * 2 ** lost, LONGEST_PAUSE);
}

interface Attempt {
  edits: readonly Edit[];
  reject(edit: Edit, error: unknown): void;
  /** Whether the attempt before was `prepared`. */
  handing: "over" | "nothing";
  /** What was read a moment ago. */
  facts: Facts | undefined;
  /** Bridges that are not ours and on which an attempt may have left rules, whatever the host's claims say by now. */
  touched: Set<string>;
}

/**
 * `prepared`: the claims are written for another attempt to finish: what is new is ready to hand the copies over to, or what
 * it waits for is gone. `unsettled`: nothing is written, because numbers are to be noted that may still be those of before.
 */
async function attemptOnce(
  access: HostAccess,
  { edits, reject, handing, facts: known, touched }: Attempt,
): Promise<Reconciled | "lost" | "prepared" | "unsettled"> {
  const { record, ovsdb } = access;
  const tapBridge = tapBridgeOf(record);
  const integrationBridge = integrationBridgeOf(record);
  const before = known ?? (await readFacts(ovsdb));
  const read = readClaims(before, tapBridge, record.name);
  const { claims, desired: end, former } = draftHost({ record, read, facts: before, edits, reject });
  const first = withoutWaiting(end, former, before);
  const between = first === end ? handover(former, end, tapBridge) : first;
  const desired = between ?? end;
  if (before.unsettled === true && takesPorts(end, before, tapBridge)) return "unsettled";
  const over = isOver({ claims, desired, facts: before, tapBridge });
  const leaving = desired.placements.map(({ bridge }) => bridge).filter((bridge) => bridge !== tapBridge);
  const homes = over ? [integrationBridge] : leaving;
  const renewals = await readRenewals(ovsdb, before, tapBridge, homes);
  const input = {
    read,
    claims,
    desired,
    former,
    facts: before,
    tapBridge,
    integrationBridge,
    renewals,
    bridges: await readLinuxBridges(
      access,
      desired.monitors.map(({ name }) => name),
    ),
  };
  const plan = planHost(input);
  const kept = isKept(end, read.bridge);
  if (kept) await access.requireKeeper();
  const metered =
    isMetered(read) || isMetered({ claims, bridge: read.bridge }) || handing === "over" ? "yes" : "no";
  let facts = before;
  let present: SwitchReading | undefined;
  // Before their notes go, which alone say how they were.
  for (const bridge of bridgesToRestore(desired, before)) await setLinuxBridge(access, bridge);
  if (over && (plan.operations.length > 0 || touched.size > 0)) {
    if (!(await retire(access, read, before, touched))) return "lost";
  }
  if (plan.operations.length > 0) {
    const nextCfg = await commit(access, plan, before);
    if (nextCfg === "lost") return "lost";
    const isPushed = !over && metered === "no" && read.bridge !== undefined && plan.rules === "kept";
    [facts, present] = await Promise.all([
      nextCfg === undefined ? before : whenApplied(access, plan, before, nextCfg),
      isPushed ? access.tapSwitch.read() : undefined,
    ]);
  }
  if (over) return { facts, claims, desired: end, inEffect: Promise.resolve() };
  const bridge = facts.bridges.find(({ name }) => name === tapBridge);
  if (bridge === undefined) return "lost";
  const moment = { bridge, generation: plan.generation };
  if (kept && end.keeper === "unwanted" && !(await dismiss(access, moment))) return "lost";
  if (first !== end) return "prepared";
  const rendered = (): Desired => {
    const last = render(claims, facts, tapBridge);
    if (between === undefined) return last;
    return handover(render(read.claims, facts, tapBridge), last, tapBridge) ?? last;
  };
  const after = facts === before ? desired : rendered();
  refuseFailedPorts(access, after, facts, edits, reject);
  const push = { desired: after, facts, generation: plan.generation, metered, present } as const;
  try {
    if (!(await pushRules(access, push))) return "lost";
    const hooked = new Set([
      ...touched,
      ...hookBridges(read),
      ...hookBridges({ claims, bridge: read.bridge }),
    ]);
    for (const bridge of hooked) touched.add(bridge);
    const guard = hostGuard(access, {
      generation: plan.generation,
      ofports: reliedPorts(after, facts, tapBridge),
    });
    if (hooked.size > 0 && !(await applyHooks(await compareHooks(access, after, facts, hooked), guard)))
      return "lost";
    for (const { owner, error } of await openLinuxBridges(access, desired.monitors, input.bridges)) {
      for (const edit of edits.filter((one) => one.owner === owner)) reject(edit, error);
    }
    const keeps = end.keeper === "wanted" && between === undefined;
    if (keeps && !(await keep(access, after, facts, moment))) return "lost";
  } catch (error) {
    // What was pushed for may be gone by now, and the tap bridge with it.
    if (await hasMoved(access, plan.generation)) return "lost";
    throw error;
  }
  const inEffect = plan.effect === "claims" ? Promise.resolve() : sleep(REVALIDATION);
  if (between === undefined) return { facts, claims, desired: after, inEffect };
  await inEffect;
  return "prepared";
}

/** Whether ports are to be moved to the tap bridge, whose numbers at home are noted with that. */
function takesPorts({ placements }: Desired, { bridges }: Facts, tapBridge: string): boolean {
  const there = new Set(bridges.find(({ name }) => name === tapBridge)?.ports);
  return placements.some(({ port, bridge }) => bridge === tapBridge && !there.has(port));
}

/** The facts once ovs-vswitchd has put what they say into effect; what others change meanwhile are not the ports that were there. */
async function settledFacts({ ovsdb, record, timeoutMs }: HostAccess): Promise<Facts> {
  const nextCfg = nextCfgOf(await ovsdb.transact(bumpNextCfg()), record.name);
  const { unsettled, ...facts } = await onceApplied(ovsdb, nextCfg, timeoutMs, (until) =>
    readFacts(ovsdb, until),
  );
  return facts;
}

/** Takes what nothing would lead to any more off the host, before its tap bridge goes. False: another writer was faster. */
async function retire(
  access: HostAccess,
  read: ClaimSet,
  facts: Facts,
  touched: ReadonlySet<string>,
): Promise<boolean> {
  const { bridge } = read;
  const generation = bridge?.otherConfig[GENERATION_KEY] ?? "0";
  const hooked = new Set([...touched, ...hookBridges(read)]);
  if (!(await retireHooks(access, generation, facts, hooked))) return false;
  return bridge?.otherConfig[KEEPER_KEY] === undefined || dismiss(access, { bridge, generation });
}

/** Whether another writer has changed the host since; a host that cannot be asked has not. */
async function hasMoved(access: HostAccess, generation: number): Promise<boolean> {
  try {
    const read = readClaims(await readFacts(access.ovsdb), tapBridgeOf(access.record), access.record.name);
    return read.generation !== generation;
  } catch {
    return false;
  }
}

/**
 * One transaction; the answer is the number that says when ovs-vswitchd has put it into effect, undefined where there is
 * nothing to put. `lost`: another writer was faster, or a port has gone.
 */
async function commit(
  access: HostAccess,
  { operations, effect }: Plan,
  before: Facts,
): Promise<number | undefined | "lost"> {
  const { ovsdb, record } = access;
  await access.requireRights();
  const acknowledged = effect !== "claims";
  try {
    const results = await ovsdb.transact([...operations, ...(acknowledged ? bumpNextCfg() : [])]);
    return acknowledged ? nextCfgOf(results, record.name) : undefined;
  } catch (error) {
    if (!(error instanceof TaasError)) throw error;
    if (error.code === "guard-failed") return "lost";
    const refused = error.code === "ovsdb-error";
    if (refused && JSON.stringify(await readFacts(ovsdb)) !== JSON.stringify(before)) return "lost";
    throw error;
  }
}

/** What there is once ovs-vswitchd has put a plan into effect. */
async function whenApplied(
  { ovsdb, timeoutMs }: HostAccess,
  { effect }: Plan,
  before: Facts,
  nextCfg: number,
): Promise<Facts> {
  if (effect === "ports") return onceApplied(ovsdb, nextCfg, timeoutMs, (until) => readFacts(ovsdb, until));
  await waitApplied(ovsdb, nextCfg, timeoutMs);
  return before;
}

function refuseFailedPorts(
  access: HostAccess,
  desired: Desired,
  facts: Facts,
  edits: readonly Edit[],
  reject: (edit: Edit, error: unknown) => void,
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
