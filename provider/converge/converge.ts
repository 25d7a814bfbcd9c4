import { allOf } from "../allOf";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import type { Desired } from "../model/desired";
import { RESTORE_WAIT, waitsForRestore } from "../model/restoreWait";
import type { Claim } from "../schema/claim";
import { draftHost, type HostDraft } from "./draft";
import { type Draft, dropEdit, noteEdit, type PutOptions, putEdit } from "./edit";
import { elsewhereOf, lookAll, machineOf, placeOf, uniqueMachines } from "./hosts";
import { HalfDoneError, type Intent, type Steps, type Target } from "./intent";
import { clearLeftovers, otherEnds, takeBackAt } from "./leftovers";
import { requireLinuxBridges } from "./linuxBridges";
import type { Look } from "./look";
import { isLeftover } from "./pending";
import { stackOf } from "./run";

/** Milliseconds after which hosts are looked at again for a port that is not plugged yet, whether they tell of a change or not. */
const PATIENCE = 1000;

/** An operation that is ready to write: what was seen and what is to be done. */
interface Prepared<Result = unknown> extends Required<Steps<Result>> {
  seen: Map<string, Look>;
  /** Hosts that have claims of the resource from before, or may have. */
  old: Look[];
}

/** Looks at all hosts, checks everything, then writes; far end first, far end dropped last. Resolves with what was planned. */
export async function converge<Result>(intent: Intent<Result>): Promise<Result> {
  const prepared = await prepare(intent);
  const stage = stageOf(intent, prepared);
  const written: Target[] = [];
  /** Puts the claims of rounds, one round after the other; the answer is the claims as they stand. */
  const putRounds = async (some: readonly Target[][], known: readonly Target[][]) => {
    const claims = new Map<Look, Claim>();
    for (const round of some) {
      written.push(...round);
      await allOf(
        round.map(async (target) => void claims.set(target.seen, await put(intent, known, target, stage))),
      );
    }
    return claims;
  };
  for (const { record, facts } of uniqueMachines(prepared.rounds.flat().map(({ seen }) => seen)))
    if (waitsForRestore(facts)) intent.reach.warn(`host ${record.name}: ${RESTORE_WAIT}`);
  await clearOwn(intent, prepared);
  try {
    await announce(intent, prepared);
    const { farewell, rounds } = prepared;
    await putRounds(farewell, [...farewell, ...rounds]);
    const claims = await putRounds(rounds, rounds);
    const pending = [...claims].filter(([, claim]) => claim?.pending !== undefined);
    await allOf(pending.map(([look, claim]) => intent.reach.open(look.record).confirm(claim)));
    await dropOld(intent, prepared);
    for (const target of arrived(prepared)) await put(intent, rounds, target, stage);
    return prepared.result;
  } catch (error) {
    if (intent.mode === "create") await takeBack(intent, written, error);
    if (intent.mode === "update") throw new HalfDoneError(intent.token, [(error as Error).message], error);
    throw error;
  }
}

async function prepare<Result>(intent: Intent<Result>): Promise<Prepared<Result>> {
  const deadline = performance.now() + intent.attachTimeout * 1000;
  for (;;) {
    const known = await lookAll(intent.reach.open, [...intent.hosts, ...intent.oldHosts]);
    if (await clearLeftovers(intent.reach, intent.owner, known)) continue;
    const followed = await lookFurther(intent, known);
    const seen = new Map([...known, ...followed]);
    const old = [...intent.oldHosts.map((record) => seen.get(placeOf(record))!), ...followed.values()];
    try {
      const steps = await intent.plan(seen);
      const { result } = steps;
      const taken = steps.rounds.map((round) => round.map((target) => accepted(intent, target)));
      await allOf(taken.flat().map(({ target, desired }) => requireHost(intent, target, desired)));
      const rounds = taken.map((round) => round.map(({ target }) => target));
      const farewell = acceptable(intent, steps.farewell ?? []);
      return { seen, farewell, rounds, result, old: uniqueMachines(old) };
    } catch (error) {
      const waits = error instanceof TaasError && error.code === "port-missing";
      if (!waits || performance.now() >= deadline) throw error;
    }
    const patience = Math.max(1, Math.min(PATIENCE, deadline - performance.now()));
    await Promise.race(
      [...seen.values()].map((look) => intent.reach.open(look.record).changed(look, patience)),
    );
  }
}

/**
 * A target that its host would take, and what the host then has. What a flow was before is left out where the host refuses
 * it, as it may where somebody has altered the claim: copies have a gap then.
 */
function accepted(intent: Intent, target: Target): { target: Target; desired: Desired } {
  const { draft } = target;
  try {
    return { target, desired: rehearse(intent, target).desired };
  } catch (error) {
    if (draft.kind !== "flow" || draft.former === undefined) throw error;
    return accepted(intent, { ...target, draft: { ...draft, former: undefined } });
  }
}

/** The rounds before the others, where each host would take them. */
function acceptable(intent: Intent, farewell: Target[][]): Target[][] {
  try {
    for (const target of farewell.flat()) rehearse(intent, target);
    return farewell;
  } catch (error) {
    if (error instanceof TaasError) return [];
    throw error;
  }
}

/** Looks at machines that the resource's own claims lead to: an earlier operation may have been killed on its way there. */
async function lookFurther(intent: Intent, known: ReadonlyMap<string, Look>): Promise<Map<string, Look>> {
  const machines = new Set([...known.values()].map((look) => look.facts.machine));
  const ends = [...known.values()]
    .flatMap((look) => [...look.read.claims.values()])
    .filter((claim) => claim.token === intent.token)
    .flatMap(otherEnds)
    .filter(({ machine }) => !machines.has(machine));
  const hosts = await Promise.all(ends.map(({ host }) => intent.reach.claimedHost(host as HostRecord)));
  const further = hosts.filter((host) => host.gone !== true && !known.has(placeOf(host)));
  return further.length === 0 ? new Map() : lookAll(intent.reach.open, further);
}

/** Whether a host has a claim of this incarnation. */
function holds(intent: Intent, look: Look): boolean {
  return [...look.read.claims.values()].some((claim) => claim.token === intent.token);
}

/**
 * A create's claims are pending until all is done. An update's are not: the state has the resource already, and what its
 * claims on the hosts from before lead to is found from there.
 */
function stageOf(intent: Intent, { old }: Prepared): PutOptions["stage"] {
  return intent.mode === "update" && old.some((look) => holds(intent, look)) ? "confirmed" : "pending";
}

/** What a killed create of the same resource left where this one puts nothing: it goes first, while a claim still leads there. */
async function clearOwn(intent: Intent, { seen, rounds }: Prepared): Promise<void> {
  if (intent.mode !== "create") return;
  const targets = rounds.flat().map((target) => target.seen);
  const places = new Set(targets.map(machineOf));
  const machines = new Set(targets.map(({ facts }) => facts.machine));
  for (const look of seen.values()) {
    const claim = look.read.claims.get(intent.owner);
    if (claim === undefined || !isLeftover(claim, stackOf(intent.owner))) continue;
    const others = otherEnds(claim).filter(({ machine }) => !machines.has(machine));
    await takeBackAt(intent.reach, claim, others);
    if (!places.has(machineOf(look)))
      await intent.reach.open(look.record).submit(dropEdit(claim.owner, claim.token));
  }
}

/** Notes on the claims from before which other machines are about to get one, so that a delete finds them there. */
async function announce(intent: Intent, { old, rounds }: Prepared): Promise<void> {
  if (intent.mode !== "update") return;
  const holders = old.filter((look) => holds(intent, look));
  const machines = new Set(holders.map(machineOf));
  const added = rounds.flat().filter(({ seen }) => !machines.has(machineOf(seen)));
  if (added.length === 0) return;
  await allOf(
    holders.map(async (look) => {
      const elsewhere = elsewhereOf(
        look,
        added.map(({ seen }) => seen),
      );
      await intent.reach
        .open(look.record)
        .submit(noteEdit(intent.previousOwner ?? intent.owner, intent.token, elsewhere));
    }),
  );
}

/** The claims of a flow that was on the move, now that it has arrived. */
function arrived({ rounds }: Prepared): Target[] {
  return rounds.flat().flatMap(({ seen, draft }): Target[] => {
    if (draft.kind !== "flow" || draft.former === undefined) return [];
    return [{ seen, draft: { ...draft, former: undefined } }];
  });
}

function putOptions(intent: Intent, target: Target, stage: PutOptions["stage"]): PutOptions {
  const { token, adopt, replaced, previousOwner } = intent;
  const { seen } = target;
  const draft: Draft = { ...target.draft, keeper: seen.record.keeper === true ? true : undefined };
  const mode = intent.mode === "create" ? "create" : "update";
  const { name: host } = seen.record;
  return { draft, token, mode, adopt, replaced, stage, previousOwner, elsewhere: [], host };
}

/** Rejects where a claim cannot be put: because of what was read, or of rights on the host. */
async function requireHost(intent: Intent, target: Target, desired: Desired): Promise<void> {
  const { record } = target.seen;
  const own = desired.monitors.filter(({ owner }) => owner === target.draft.owner).map(({ name }) => name);
  if (own.length === 0 && record.keeper !== true) return;
  await intent.reach.open(record).use(async (access) => {
    await requireLinuxBridges(access, own);
    if (record.keeper === true) await access.requireKeeper();
  });
}

/** Applies the edit to what was read and throws what it would fail with: every host is checked before one is written. */
function rehearse(intent: Intent, target: Target): HostDraft {
  const { record, facts, read } = target.seen;
  const edit = putEdit(putOptions(intent, target, "pending"));
  const reject = (_: unknown, error: unknown) => {
    throw error;
  };
  return draftHost({ record, read, facts, edits: [edit], reject });
}

/** Puts a claim that knows the hosts of these rounds; the answer is the claim as it stands. */
async function put(
  intent: Intent,
  rounds: readonly Target[][],
  target: Target,
  stage: PutOptions["stage"],
): Promise<Claim> {
  const all = rounds.flat().map(({ seen }) => seen);
  const options = { ...putOptions(intent, target, stage), elsewhere: elsewhereOf(target.seen, all) };
  const { claims } = await intent.reach.open(target.seen.record).submit(putEdit(options));
  return claims.get(target.draft.owner)!;
}

/** Takes back what a create wrote. What it found there and took over is not its to remove: the next create finds it again. */
async function takeBack(intent: Intent, written: readonly Target[], cause: unknown): Promise<void> {
  const reasons: string[] = [];
  for (const { record } of uniqueMachines(written.map(({ seen }) => seen)).reverse()) {
    try {
      await intent.reach.open(record).submit(dropEdit(intent.owner, intent.token));
    } catch (error) {
      reasons.push(`could not be taken back: ${(error as Error).message}`);
    }
  }
  if (reasons.length > 0)
    throw new HalfDoneError(intent.token, [(cause as Error).message, ...reasons], cause);
}

/** The end that is only listened at goes last. */
function isFarEnd(intent: Intent, look: Look): boolean {
  const claim = [...look.read.claims.values()].find(({ token }) => token === intent.token);
  return claim?.kind === "flow" && claim.source === undefined;
}

/**
 * Drops the claims on hosts that have none of the rounds'. A host that has no claim any more is brought up to date all
 * the same: a killed run may have dropped it there and not come further.
 */
async function dropOld(intent: Intent, { old, rounds }: Prepared): Promise<void> {
  const kept = new Set(rounds.flat().map((target) => machineOf(target.seen)));
  const drops = old
    .filter((look) => !kept.has(machineOf(look)))
    .filter((look) => holds(intent, look) || (intent.mode !== "create" && look.read.bridge !== undefined))
    .sort((a, b) => Number(isFarEnd(intent, a)) - Number(isFarEnd(intent, b)));
  if (drops.length === 0) return;
  const owner = intent.previousOwner ?? intent.owner;
  for (const look of drops) await intent.reach.open(look.record).submit(dropEdit(owner, intent.token));
}
