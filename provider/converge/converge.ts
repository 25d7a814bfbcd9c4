import { setTimeout as sleep } from "node:timers/promises";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { type Draft, dropEdit, type Edit, isLeftover, type PutOptions, putEdit } from "./edit";
import type { Look } from "./hostQueue";
import { lookAll, machineOf, type OpenHost, placeOf } from "./hosts";
import { draftHost } from "./reconcile";
import { stackOf } from "./run";

/** A claim to be put on a host that was looked at. */
export interface Target {
  seen: Look;
  draft: Draft;
}

/** What an operation on a resource comes to: which claims must be on which hosts. */
export interface Intent {
  open: OpenHost;
  owner: string;
  /** The owner key before a rename. */
  previousOwner: string | undefined;
  token: string;
  mode: "create" | "update" | "delete";
  adopt: boolean;
  /** Hosts that claims go to; none for a delete. */
  hosts: readonly HostRecord[];
  /** Hosts that may hold the resource's claims from before, in the order of dropping. */
  oldHosts: readonly HostRecord[];
  /** Seconds to wait until `targets` finds what it needs. */
  attachTimeout: number;
  /**
   * The claims, and the rounds they are written in: each round is done on all its hosts before the next begins.
   * Throws a TaasError; one with code `port-missing` is waited for.
   */
  rounds(seen: ReadonlyMap<string, Look>): Promise<Target[][]>;
  /** Rounds before the claims are dropped; by default they are dropped at once. */
  farewell?(seen: ReadonlyMap<string, Look>): Target[][];
}

/** Milliseconds between two looks for a port that is not plugged yet. */
const LOOK_INTERVAL = 300;

/** An operation that failed half-way and could not be taken back: what exists is for the next run to finish. */
export class HalfDoneError extends Error {
  constructor(
    readonly token: string,
    readonly reasons: string[],
    cause: unknown,
  ) {
    super(reasons.join("; "), { cause });
    this.name = "HalfDoneError";
  }
}

/** Looks at all hosts, checks everything, then writes; far end first, far end dropped last. */
export async function converge(intent: Intent): Promise<Map<string, Look>> {
  const { seen, rounds } = await prepare(intent);
  await clearLeftovers(intent, seen);
  const written: Target[] = [];
  try {
    for (const [index, round] of rounds.entries()) {
      const stage = index < rounds.length - 1 || written.length + round.length > 1 ? "pending" : "confirmed";
      written.push(...round);
      await inParallel(round.map((target) => put(intent, target, stage)));
    }
    const confirmable = rounds.flat().length > 1 ? uniqueHosts(written) : [];
    await inParallel(confirmable.map((target) => target.seen.queue.confirm(intent.owner, intent.token)));
  } catch (error) {
    if (intent.mode === "create") await takeBack(intent, written, error);
    throw error;
  }
  await dropOld(intent, seen, rounds.flat());
  return seen;
}

async function prepare(intent: Intent): Promise<{ seen: Map<string, Look>; rounds: Target[][] }> {
  const deadline = performance.now() + intent.attachTimeout * 1000;
  for (;;) {
    const seen = await lookAll(intent.open, [...intent.hosts, ...intent.oldHosts]);
    try {
      const rounds = await intent.rounds(seen);
      for (const target of rounds.flat()) rehearse(intent, target);
      return { seen, rounds };
    } catch (error) {
      const waits = error instanceof TaasError && error.code === "port-missing";
      if (!waits || performance.now() >= deadline) throw error;
    }
    await sleep(Math.min(LOOK_INTERVAL, Math.max(1, deadline - performance.now())));
  }
}

function putOptions(intent: Intent, { seen, draft }: Target, stage: PutOptions["stage"]): PutOptions {
  const { token, adopt, previousOwner } = intent;
  const mode = intent.mode === "create" ? "create" : "update";
  return { draft, token, mode, adopt, stage, previousOwner, host: seen.record.name };
}

/** Applies the edit to what was read and throws what it would fail with: every host is checked before one is written. */
function rehearse(intent: Intent, target: Target): void {
  const { record, facts, read } = target.seen;
  const edit = putEdit(putOptions(intent, target, "pending"));
  draftHost(record, read, facts, [edit], (_, error) => {
    throw error;
  });
}

async function put(intent: Intent, target: Target, stage: PutOptions["stage"]): Promise<void> {
  await target.seen.queue.submit(putEdit(putOptions(intent, target, stage)));
}

function uniqueHosts(targets: readonly Target[]): Target[] {
  return [...new Map(targets.map((target) => [machineOf(target.seen), target])).values()];
}

/** All at once; the first failure is thrown when all have ended, so that nothing goes on behind the caller's back. */
async function inParallel(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Takes back what a create wrote. What it found there and took over is not its to remove: the next create finds it again. */
async function takeBack(intent: Intent, written: readonly Target[], cause: unknown): Promise<void> {
  const reasons: string[] = [];
  const made = written.filter((target) => !target.seen.read.claims.has(intent.owner));
  for (const { seen } of uniqueHosts(made).reverse()) {
    try {
      await seen.queue.submit(dropEdit(intent.owner, intent.token));
    } catch (error) {
      reasons.push(`could not be taken back: ${(error as Error).message}`);
    }
  }
  if (reasons.length > 0)
    throw new HalfDoneError(intent.token, [(cause as Error).message, ...reasons], cause);
}

/** Flow claims that a killed run of this stack left at the monitor's host also stand where its source is: those go first. */
async function clearLeftovers(intent: Intent, seen: ReadonlyMap<string, Look>): Promise<void> {
  const stack = stackOf(intent.owner);
  for (const { read } of seen.values()) {
    for (const claim of read.claims.values()) {
      if (claim.kind !== "flow" || claim.from === undefined || !isLeftover(claim, stack)) continue;
      await dropElsewhere(intent.open, claim.from, claim.owner, claim.token);
    }
  }
}

/** Drops a claim on a host that the operation did not look at. */
export async function dropElsewhere(
  open: OpenHost,
  record: HostRecord,
  owner: string,
  token: string,
): Promise<void> {
  if (record.gone === true) return;
  await open(record).submit(dropEdit(owner, token));
}

/** Whether a host has a claim of this incarnation, or monitors of it on their way home. */
function isHeld({ owner, previousOwner, token }: Intent, host: Look): boolean {
  const owners = [owner, previousOwner ?? owner];
  return [...host.read.claims.values()].some(
    (claim) => claim.token === token && owners.includes(claim.owner.split("#leaving-")[0]!),
  );
}

async function dropOld(
  intent: Intent,
  seen: ReadonlyMap<string, Look>,
  targets: readonly Target[],
): Promise<void> {
  const kept = new Set(targets.map((target) => machineOf(target.seen)));
  const old = new Map<string, Look>();
  for (const record of intent.oldHosts) {
    const host = seen.get(placeOf(record));
    if (host !== undefined && isHeld(intent, host) && !kept.has(machineOf(host)))
      old.set(machineOf(host), host);
  }
  const owner = intent.previousOwner ?? intent.owner;
  const drops = [...old.values()];
  if (drops.length === 0) return;
  for (const round of intent.farewell?.(new Map(drops.map((host) => [placeOf(host.record), host]))) ?? []) {
    await inParallel(round.map((target) => put(intent, target, "confirmed")));
  }
  for (const host of drops) {
    const edits: Edit[] = [dropEdit(owner, intent.token)];
    if (owner !== intent.owner) edits.push(dropEdit(intent.owner, intent.token));
    await inParallel(edits.map((edit) => host.queue.submit(edit).then(() => undefined)));
  }
}
