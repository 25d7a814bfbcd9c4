import { allOf } from "../allOf";
import { TaasError, withDetails } from "../errors";
import { stackOf } from "../model/identity";
import { RESTORE_WAIT, waitsForRestore } from "../model/restoreWait";
import type { Claim } from "../schema/claim";
import { deleteEdit, noteEdit, type PutOptions, putEdit } from "./edit";
import { elsewhereOf, machineOf, uniqueMachines } from "./hosts";
import { HalfDoneError, type Intent, type Target } from "./intent";
import { cleanUp, cleanUpAt, deleteAt, deleteEverywhere, otherEnds } from "./leftovers";
import type { Look } from "./look";
import { holds, leaving, type Prepared, prepare, putOptions } from "./prepare";
import { mayGoOn, RIVALS, rivalText } from "./rivals";
import { isLeftover } from "./run";

/**
 * Looks at all hosts, checks everything, then writes. The far end is written first and deleted last. Resolves with the
 * planned result.
 */
export async function converge<Result>(intent: Intent<Result>): Promise<Result> {
  let prepared = await prepare(intent);
  if (await cleanUp(intent.reach, prepared.leftovers)) prepared = await prepare(intent);
  for (const warning of prepared.warnings) intent.reach.warn(warning);
  warnOfRestore(intent, prepared);
  warnOfTakeover(intent, prepared);
  const { abandoned, result } = prepared;
  const written: Target[] = [];
  // What a delete has begun, it completes: the state says "active" until the resource is gone from all its hosts.
  if (intent.mode === "delete") intent.reach.ending?.throwIfAborted();
  for (const found of abandoned) await deleteEverywhere(intent.reach, found);
  await cleanUpOwn(intent, prepared);
  try {
    await write(intent, prepared, written);
    return result;
  } catch (error) {
    if (error instanceof HalfDoneError) throw error;
    if (intent.mode === "create") await undo(intent, written, error);
    if (intent.mode === "update") throw new HalfDoneError(intent.token, [(error as Error).message], error);
    throw error;
  }
}

function warnOfRestore({ reach }: Intent, { rounds }: Prepared): void {
  for (const { record, facts } of uniqueMachines(rounds.flat().map(({ seen }) => seen)))
    if (waitsForRestore(facts)) reach.warn(`host ${record.name}: ${RESTORE_WAIT}`);
}

/**
 * Warns that a create takes over claims with the same content. Most likely they belong to the resource that it replaces,
 * which the engine does not always say, or to a lost state. They can also belong to a stack with the same organization,
 * project and stack name whose state is in another backend, and only the operator can tell the cases apart.
 */
function warnOfTakeover({ mode, owner, token, replaced, reach }: Intent, { rounds }: Prepared): void {
  if (mode !== "create") return;
  for (const { record, read } of uniqueMachines(rounds.flat().map(({ seen }) => seen))) {
    const claim = read.claims.get(owner);
    if (claim === undefined || claim.token === token || claim.token === replaced) continue;
    const what = `host ${record.name}: takes over the claim of ${owner}`;
    if (!isLeftover(claim, stackOf(owner)))
      reach.warn(
        `${what}, written by ${claim.writer} at ${claim.time}. That is right if the resource is replaced (up --replace, state taint, replaceWith) or its state was lost. If neither is so, a stack with another state has it too, and ${RIVALS}`,
      );
    else if (mayGoOn(claim)) reach.warn(rivalText(what, [claim]));
  }
}

/**
 * Puts the claims and deletes the old ones. `written` collects the targets on whose hosts something may have been
 * written.
 */
async function write(intent: Intent, prepared: Prepared, written: Target[]): Promise<void> {
  const mark = markOf(intent, prepared);
  const { preliminary, rounds } = prepared;
  /** Puts the claims of rounds, one round after another, and returns the claims as stored. */
  const putRounds = async (some: readonly Target[][], known: readonly Target[][]) => {
    const claims = new Map<Look, Claim>();
    for (const round of some) {
      written.push(...round);
      await allOf(
        round.map(async (target) => void claims.set(target.seen, await put(intent, known, target, mark))),
      );
    }
    return claims;
  };
  await announce(intent, prepared);
  await putRounds(preliminary, [...preliminary, ...rounds]);
  const claims = await putRounds(rounds, rounds);
  await confirm(intent, claims);
  await deleteOld(intent, prepared);
  for (const target of arrived(prepared)) await put(intent, rounds, target, mark);
}

/**
 * Confirms pending claims. By then all of them are written, and a confirmed one no longer says what it replaced. A failure is
 * therefore not undone: the next run confirms the rest.
 */
async function confirm(intent: Intent, claims: ReadonlyMap<Look, Claim>): Promise<void> {
  const pending = [...claims].filter(([, claim]) => claim?.pending !== undefined);
  try {
    await allOf(pending.map(([look, claim]) => intent.reach.open(look.record).confirm(claim)));
  } catch (error) {
    throw new HalfDoneError(intent.token, [(error as Error).message], error);
  }
}

/**
 * The claims of a create are pending until everything is done. Those of an update are not: the resource is in the state
 * already, and its earlier claims on the hosts lead to the new ones.
 */
function markOf(intent: Intent, { old }: Prepared): PutOptions["mark"] {
  return intent.mode === "update" && old.some((look) => holds(intent, look)) ? "confirmed" : "pending";
}

/**
 * Deletes what a killed create of the same resource left on hosts where this one puts nothing. This is done first,
 * while a claim still leads to them.
 */
async function cleanUpOwn(intent: Intent, { seen, rounds }: Prepared): Promise<void> {
  if (intent.mode !== "create") return;
  const targets = rounds.flat().map((target) => target.seen);
  const places = new Set(targets.map(machineOf));
  const machines = new Set(targets.map(({ facts }) => facts.machine));
  for (const look of seen) {
    const claim = look.read.claims.get(intent.owner);
    if (claim === undefined || !isLeftover(claim, stackOf(intent.owner))) continue;
    const others = otherEnds(claim).filter(({ machine }) => !machines.has(machine));
    await cleanUpAt(intent.reach, claim, others);
    if (!places.has(machineOf(look))) await deleteAt(intent.reach.open, look.record, claim);
  }
}

/** Notes in the existing claims which other machines are about to get one, so that a delete finds them. */
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

/** The claims of a moved flow, now that the move is complete. */
function arrived({ rounds }: Prepared): Target[] {
  return rounds.flat().flatMap(({ seen, draft }): Target[] => {
    if (draft.kind !== "flow" || draft.movingFrom === undefined) return [];
    return [{ seen, draft: { ...draft, movingFrom: undefined } }];
  });
}

/** Puts a claim that records the hosts of these rounds, and returns the claim as stored. */
async function put(
  intent: Intent,
  rounds: readonly Target[][],
  target: Target,
  mark: PutOptions["mark"],
): Promise<Claim> {
  intent.reach.ending?.throwIfAborted();
  const all = rounds.flat().map(({ seen }) => seen);
  const options = { ...putOptions(intent, target, mark), elsewhere: elsewhereOf(target.seen, all) };
  const { claims } = await intent.reach.open(target.seen.record).submit(putEdit(options));
  return claims.get(target.draft.owner)!;
}

/** Undoes what a create wrote. A claim that it took over is not deleted, because the next create finds it again. */
async function undo(intent: Intent, written: readonly Target[], cause: unknown): Promise<void> {
  const reasons: string[] = [];
  for (const { record } of uniqueMachines(written.map(({ seen }) => seen)).reverse()) {
    try {
      await deleteAt(intent.reach.open, record, intent);
    } catch (error) {
      reasons.push(`could not be undone: ${(error as Error).message}`);
    }
  }
  if (reasons.length > 0)
    throw new HalfDoneError(intent.token, [(cause as Error).message, ...reasons], cause);
}

/** Deletes the claims on hosts that no round writes to; the receiving end comes last. */
async function deleteOld(intent: Intent, { old, rounds }: Prepared): Promise<void> {
  const isFarEnd = (look: Look): boolean => {
    const claim = [...look.read.claims.values()].find(({ token }) => token === intent.token);
    return claim?.kind === "flow" && claim.source === undefined;
  };
  const looks = leaving(intent, old, rounds).sort((a, b) => Number(isFarEnd(a)) - Number(isFarEnd(b)));
  const edit = deleteEdit(intent.previousOwner ?? intent.owner, intent.token);
  let isBegun = false;
  for (const look of looks) {
    try {
      await intent.reach.open(look.record).submit(edit);
      isBegun ||= holds(intent, look);
    } catch (error) {
      throw intent.mode === "delete" && isBegun ? halfDeleted(error) : error;
    }
  }
}

/** The error of a delete that is complete on some hosts. The state still has the resource, as it was before. */
function halfDeleted(error: unknown): unknown {
  if (!(error instanceof TaasError)) return error;
  const advice =
    "The resource is deleted on other hosts already: delete it again, or run pulumi up --refresh if it is to stay";
  const hint = error.hint === undefined ? advice : `${error.hint}. ${advice}`;
  return withDetails(error, { hint, cause: error });
}
