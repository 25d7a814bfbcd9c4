import { setTimeout as sleep } from "node:timers/promises";
import { allOf } from "../allOf";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import type { Desired } from "../model/desired";
import { hasTraces } from "../plan/ours";
import { anyChange } from "./anyChange";
import { capturesLeft } from "./capturesLeft";
import { type HostOutcome, outcomeOf } from "./draft";
import { type Draft, deleteEdit, type Edit, type PutOptions, putEdit } from "./edit";
import { unlessEnded } from "./ending";
import { lookAll, machineOf, placeOf, uniqueMachines } from "./hosts";
import type { Intent, Steps, Target } from "./intent";
import { type FoundClaim, leftoversOn, otherEnds, withoutClaims } from "./leftovers";
import { requireLinuxBridges } from "./linuxBridges";
import type { Look } from "./look";

/**
 * Milliseconds after which hosts are looked at again for a port that is not plugged yet, even if they report no change.
 */
const PATIENCE = 1000;

/** The least milliseconds between two looks: on a busy host, rows change all the time. */
const PAUSE = 100;

/** An operation that is ready to write: the looks, and the steps. */
export interface Prepared<Result = unknown> extends Required<Steps<Result>> {
  /** All looked-at hosts, without the leftovers. */
  seen: Look[];
  /** Hosts that have, or may have, earlier claims of the resource. */
  old: Look[];
  /** What killed runs of the stack left on the hosts. */
  leftovers: FoundClaim[];
  /** What the operator should know of the hosts. */
  warnings: string[];
}

/** Looks at all hosts and checks the operation, without a write. Waits for a port that is not plugged yet. */
export async function prepare<Result>(intent: Intent<Result>): Promise<Prepared<Result>> {
  const deadline = performance.now() + intent.attachTimeout * 1000;
  const { ending } = intent.reach;
  for (;;) {
    const { looks, followed } = await unlessEnded(ending, lookAtEnds(intent));
    try {
      return await unlessEnded(ending, check(intent, looks, followed));
    } catch (error) {
      const waits = error instanceof TaasError && error.code === "port-missing";
      if (!waits || performance.now() >= deadline) throw error;
      const patience = Math.max(1, Math.min(PATIENCE, deadline - performance.now()));
      // The missing port explains why the time was not enough.
      await unlessEnded(ending, changeOf(intent, looks, patience)).catch(() => Promise.reject(error));
    }
  }
}

/** Looks at all hosts. `followed`: the places that claims referred to. */
async function lookAtEnds(
  intent: Intent,
): Promise<{ looks: ReadonlyMap<string, Look>; followed: readonly string[] }> {
  const known = await lookAll(intent.reach.open, [...intent.hosts, ...intent.oldHosts]);
  const followed = await lookFurther(intent, known);
  return { looks: new Map([...known, ...followed]), followed: [...followed.keys()] };
}

/** Resolves when a host may differ from its look, after a pause, or after this many milliseconds. */
async function changeOf(intent: Intent, looks: ReadonlyMap<string, Look>, patience: number): Promise<void> {
  const pause = sleep(Math.min(PAUSE, patience));
  await anyChange(intent.reach.open, looks.values(), patience);
  await pause;
}

/**
 * Plans the operation from looks at its hosts, and rejects with what would fail. `followed`: the places that claims
 * referred to.
 */
async function check<Result>(
  intent: Intent<Result>,
  looks: ReadonlyMap<string, Look>,
  followed: readonly string[],
): Promise<Prepared<Result>> {
  const ended = await capturesLeft(intent.reach.open, looks.values());
  const leftovers = [...leftoversOn(looks.values(), intent.owner), ...ended];
  const seen = new Map([...looks].map(([place, look]) => [place, withoutClaims(look, leftovers)]));
  const old = uniqueMachines([...intent.oldHosts.map(placeOf), ...followed].map((place) => seen.get(place)!));
  const { abandoned = [], preliminary = [], rounds: planned, result } = await intent.plan(seen);
  const taken = planned.map((round) => round.map((target) => accepted(intent, target)));
  const warnings = await allOf(
    taken.flat().map(({ target, desired }) => requireHost(intent, target, desired)),
  );
  const rounds = taken.map((round) => round.map(({ target }) => target));
  for (const look of leaving(intent, old, rounds)) rehearseDelete(intent, look, abandoned);
  const steps = { abandoned, preliminary: acceptable(intent, preliminary), rounds, result };
  return { ...steps, seen: [...seen.values()], old, leftovers, warnings: warnings.flat() };
}

/**
 * Looks at machines that the resource's own claims refer to: an earlier operation may have been killed before it
 * reached them.
 */
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
export function holds({ token }: Pick<Intent, "token">, look: Look): boolean {
  return [...look.read.claims.values()].some((claim) => claim.token === token);
}

/** The hosts that have earlier claims and will have none. */
export function leaving(intent: Intent, old: readonly Look[], rounds: readonly Target[][]): Look[] {
  const kept = new Set(rounds.flat().map((target) => machineOf(target.seen)));
  // A host without a claim is updated as well: a killed run may have deleted the claim and nothing more, or somebody
  // may have deleted the tap bridge with all claims.
  const mayBeOpen = ({ read, facts }: Look) =>
    intent.mode !== "create" && (read.bridge !== undefined || hasTraces(facts));
  return old.filter((look) => !kept.has(machineOf(look)) && (holds(intent, look) || mayBeOpen(look)));
}

/**
 * A target that its host would accept, and the host's resulting state. A flow's earlier source is left out if the host
 * refuses it, which can happen if somebody has altered the claim; copies then have a gap.
 */
function accepted(intent: Intent, target: Target): { target: Target; desired: Desired } {
  const { draft } = target;
  try {
    return { target, desired: rehearse(intent, target).desired };
  } catch (error) {
    if (draft.kind !== "flow" || draft.movingFrom === undefined) throw error;
    return accepted(intent, { ...target, draft: { ...draft, movingFrom: undefined } });
  }
}

/** The preliminary rounds, if each host would accept them. */
function acceptable(intent: Intent, preliminary: Target[][]): Target[][] {
  try {
    for (const target of preliminary.flat()) rehearse(intent, target);
    return preliminary;
  } catch (error) {
    if (error instanceof TaasError) return [];
    throw error;
  }
}

/** How a claim is put on a host. */
export function putOptions(intent: Intent, target: Target, mark: PutOptions["mark"]): PutOptions {
  const { token, adopt, replaced, previousOwner } = intent;
  const { seen } = target;
  const draft: Draft = { ...target.draft, keeper: seen.record.keeper === true ? true : undefined };
  const mode = intent.mode === "create" ? "create" : "update";
  const { name: host } = seen.record;
  return { draft, token, mode, adopt, replaced, mark, previousOwner, elsewhere: [], host };
}

/**
 * Rejects if a target needs what its host cannot give it: a right of the login, a Linux bridge of its own. Resolves
 * with warnings.
 */
async function requireHost(intent: Intent, target: Target, desired: Desired): Promise<string[]> {
  const { record } = target.seen;
  const own = desired.monitors.filter(({ owner }) => owner === target.draft.owner);
  if (own.length === 0 && record.keeper !== true) return [];
  return intent.reach.open(record).use(async (access) => {
    const warnings = await requireLinuxBridges(access, target.seen, own);
    if (record.keeper === true) await access.requireKeeper();
    return warnings.map((warning) => `host ${record.name}: ${warning}`);
  });
}

/** Applies a claim to the look at its host, and throws the error that writing it would cause. */
function rehearse(intent: Intent, target: Target): HostOutcome {
  return rehearseEdits(target.seen, [putEdit(putOptions(intent, target, "pending"))]);
}

/** Does the same for the deletion of the resource's claim and of those that cannot exist without it. */
function rehearseDelete(intent: Intent, look: Look, abandoned: readonly FoundClaim[]): void {
  const first = abandoned
    .filter(({ seen }) => machineOf(seen) === machineOf(look))
    .map(({ claim }) => deleteEdit(claim.owner, claim.token));
  rehearseEdits(look, [...first, deleteEdit(intent.previousOwner ?? intent.owner, intent.token)]);
}

function rehearseEdits({ record, facts, read, now }: Look, edits: readonly Edit[]): HostOutcome {
  const reject = (_: unknown, error: unknown) => {
    throw error;
  };
  return outcomeOf({ record, read, facts, edits, now, reject });
}
