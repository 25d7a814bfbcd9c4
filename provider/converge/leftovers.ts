import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { stackOf } from "../model/identity";
import type { Claim, Elsewhere } from "../schema/claim";
import { deleteEdit, finishEdit } from "./edit";
import { unlessEnded } from "./ending";
import { lookAll, type OpenHost, type Reach } from "./hosts";
import type { Look } from "./look";
import { mayGoOn, rivalText } from "./rivals";
import { isLeftover } from "./run";

/** A claim on a host that was looked at. */
export interface FoundClaim {
  seen: Look;
  claim: Claim;
}

/** A claim that cannot exist without another. */
export interface Abandoned extends FoundClaim {
  /**
   * Whether a claim at another end is to be deleted with it. It is decided by that claim itself, because a host is not
   * trusted to speak for others.
   */
  isMeant(claim: Claim): boolean;
}

/**
 * The other machines that, according to a claim, have one of the same resource, and how they are reached. A capture has
 * none, whatever a host claims.
 */
export function otherEnds(claim: Claim): Elsewhere {
  if (claim.kind === "capture") return [];
  if (claim.elsewhere !== undefined || claim.kind !== "flow") return claim.elsewhere ?? [];
  return claim.from === undefined ? [] : [{ machine: claim.peer?.machine ?? "", host: claim.from }];
}

/**
 * The claims that killed runs of a stack left pending on hosts. `owner`: the owner of this operation, which completes
 * its own leftovers.
 */
export function leftoversOn(looks: Iterable<Look>, owner: string): FoundClaim[] {
  const stack = stackOf(owner);
  return [...looks].flatMap((seen) =>
    [...seen.read.claims.values()]
      .filter((claim) => claim.owner !== owner && isLeftover(claim, stack))
      .map((claim) => ({ seen, claim })),
  );
}

/** A look as it will be after claims on that host are deleted. */
export function withoutClaims(look: Look, found: readonly FoundClaim[]): Look {
  const gone = new Set(found.filter(({ seen }) => seen === look).map(({ claim }) => claim.owner));
  if (gone.size === 0) return look;
  const claims = new Map([...look.read.claims].filter(([owner]) => !gone.has(owner)));
  return { ...look, read: { ...look.read, claims } };
}

/** The most hosts at other ends that may fail in one clean-up, because an operation waits for each of them. */
const MOST_FAILED = 3;
const TOO_MANY = new Error(`other ends are on ${MOST_FAILED} hosts that failed, so no more hosts were asked`);

/**
 * Resolves what killed runs left. A leftover is deleted at all its ends, the other ends first, because an unfinished
 * operation may have claims on hosts where its stack has nothing else. If another end has it confirmed, it was
 * complete, and is confirmed instead. If an end cannot be reached or refuses, it stays, with a warning; a host that
 * failed is not asked again in this run. Another warning tells of deletions if a run that wrote the claims may still be
 * going on. Resolves to whether a host was changed.
 */
export async function cleanUp(reach: Reach, leftovers: readonly FoundClaim[]): Promise<boolean> {
  const { failed } = reach;
  const most = failed.count + MOST_FAILED;
  const staying = new Map<string, Claim[]>();
  const deleted = new Map<string, Claim>();
  let cleaned = false;
  for (const found of leftovers) {
    const isOver = failed.count >= most && otherEnds(found.claim).length > 0;
    const error = isOver
      ? TOO_MANY
      : await failureOf(reach, async () => {
          if ((await settle(reach, found)) === "deleted") deleted.set(found.claim.owner, found.claim);
        });
    if (error === undefined) cleaned = true;
    else staying.set(error.message, [...(staying.get(error.message) ?? []), found.claim]);
  }
  for (const [why, claims] of staying) reach.warn(stayText(claims, why));
  const doubtful = [...deleted.values()].filter(mayGoOn);
  if (doubtful.length > 0) reach.warn(rivalText(`deleted ${ownersText(doubtful)}`, doubtful));
  return cleaned;
}

/** The first owner of some claims, and how many others there are. */
function ownersText([first, ...others]: readonly Claim[]): string {
  const more =
    others.length === 0 ? "" : ` and ${others.length} more resource${others.length === 1 ? "" : "s"}`;
  return `${first!.owner}${more}`;
}

function stayText(claims: readonly Claim[], why: string): string {
  return `what a killed run left of ${ownersText(claims)} stays for now: ${why}`;
}

/**
 * What is deleted at an end is judged only by the claim there: a host can point to other hosts, but has nothing deleted
 * there. Claims are confirmed once all of them are written, so a confirmed one shows that its resource was written
 * everywhere; the operator is told, because the program may not have it any more. Resolves to what happened to it here.
 */
async function settle(reach: Reach, { seen, claim }: FoundClaim): Promise<"deleted" | "kept"> {
  const { open, warn } = reach;
  const ends = await unlessEnded(reach.ending, lookAtOthers(reach, { seen, claim }));
  if (ends.some(({ read }) => isConfirmed(claim, read.claims))) {
    await open(seen.record).submit(finishEdit(claim));
    warn(
      `host ${seen.record.name}: what a killed run left of ${claim.owner} stays, because it is confirmed at another end; if no program has it, pulumi-taas claims remove deletes it`,
    );
    return "kept";
  }
  for (const { record } of ends) await deleteLeftover(open, record, claim);
  // Its own operation may have confirmed it since this one looked.
  const isMeant = (there: Claim) => there.kind === "capture" || isLeftover(there, stackOf(claim.owner));
  const left = await deleteAt(open, seen.record, claim, isMeant);
  return [...left.values()].some(({ token }) => token === claim.token) ? "kept" : "deleted";
}

/** Looks at the other ends of a leftover. */
async function lookAtOthers(
  { open, claimedHost, failed }: Reach,
  { seen, claim }: FoundClaim,
): Promise<Look[]> {
  const others = otherEnds(claim).filter(({ machine }) => machine !== seen.facts.machine);
  const claimed = others.map(({ host }) => host as HostRecord);
  const hosts = await Promise.all(claimed.map((host) => failed.ask(host, () => claimedHost(host))));
  const there = hosts.filter(({ gone }) => gone !== true);
  const once = (record: HostRecord) => ({ look: () => failed.ask(record, () => open(record).look()) });
  return [...(await lookAll(once, there)).values()];
}

/** Whether a host has a claim of the same incarnation and stack that is no leftover. */
function isConfirmed({ owner, token }: Claim, claims: ReadonlyMap<string, Claim>): boolean {
  const stack = stackOf(owner);
  return [...claims.values()].some(
    (there) => there.token === token && stackOf(there.owner) === stack && !isLeftover(there, stack),
  );
}

/** Deletes a claim at another end if that claim is itself a leftover. Resolves to the claims there. */
function deleteLeftover(
  open: OpenHost,
  record: HostRecord,
  claim: Claim,
): Promise<ReadonlyMap<string, Claim>> {
  return deleteAt(open, record, claim, (there) => isLeftover(there, stackOf(claim.owner)));
}

/**
 * Deletes a leftover at other ends that its resource no longer has. If that is impossible, or it is confirmed there, it
 * stays, with a warning.
 */
export async function cleanUpAt(reach: Reach, claim: Claim, others: Elsewhere): Promise<void> {
  for (const { host } of others) {
    const error = await failureOf(reach, async () => {
      const record = await reach.claimedHost(host as HostRecord);
      if (!isConfirmed(claim, await deleteLeftover(reach.open, record, claim))) return;
      reach.warn(
        `host ${record.name}: a claim of ${claim.owner} by a killed run stays, because it is confirmed there; pulumi-taas claims remove deletes it`,
      );
    });
    if (error !== undefined) reach.warn(stayText([claim], error.message));
  }
}

/** Runs part of a clean-up. Resolves to the error if it fails; rejects if the operation has to end. */
async function failureOf({ ending }: Reach, work: () => Promise<void>): Promise<Error | undefined> {
  ending?.throwIfAborted();
  try {
    await work();
    return undefined;
  } catch (error) {
    ending?.throwIfAborted();
    if (!(error instanceof TaasError)) throw error;
    return error;
  }
}

/** Deletes a claim, first at its other ends, and tells of it: its program may still have the resource. */
export async function deleteEverywhere(reach: Reach, { seen, claim, isMeant }: Abandoned): Promise<void> {
  reach.dropped?.(claim);
  reach.warn(
    `host ${seen.record.name}: ${claim.owner} is deleted with what it depends on. If its program still has it and this run does not restore it, up --refresh does`,
  );
  for (const { machine, host } of otherEnds(claim)) {
    if (machine === seen.facts.machine) continue;
    const record = await reach.claimedHost(host as HostRecord);
    const left = await deleteAt(reach.open, record, claim, isMeant);
    if ([...left.values()].some(({ token }) => token === claim.token))
      reach.warn(
        `host ${record.name}: the claim of ${claim.owner} stays, because it is not what ${seen.record.name} says; pulumi-taas claims remove deletes it`,
      );
  }
  await deleteAt(reach.open, seen.record, claim);
}

/**
 * Deletes a claim on a host; no error if it is gone. `isMeant`: see `deleteEdit`; required of the claim here if another
 * host referred to it. Resolves to the claims that the host then has.
 */
export async function deleteAt(
  open: OpenHost,
  record: HostRecord,
  { owner, token }: Pick<Claim, "owner" | "token">,
  isMeant?: (claim: Claim) => boolean,
): Promise<ReadonlyMap<string, Claim>> {
  if (record.gone === true) return new Map();
  return (await open(record).submit(deleteEdit(owner, token, isMeant))).claims;
}
