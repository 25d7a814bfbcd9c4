import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { stackOf } from "../model/identity";
import type { Claim, Elsewhere } from "../schema/claim";
import { deleteEdit } from "./edit";
import type { OpenHost, Reach } from "./hosts";
import type { Look } from "./look";
import { isLeftover } from "./run";

/** A claim on a host that was looked at. */
export interface FoundClaim {
  seen: Look;
  claim: Claim;
}

/** The other machines that a claim says have one of the same resource, and how they are reached. A capture has none, whatever a host says. */
export function otherEnds(claim: Claim): Elsewhere {
  if (claim.kind === "capture") return [];
  if (claim.elsewhere !== undefined || claim.kind !== "flow") return claim.elsewhere ?? [];
  return claim.from === undefined ? [] : [{ machine: claim.peer?.machine ?? "", host: claim.from }];
}

/** What killed runs of a stack left pending on hosts. `owner`: whose operation this is; its own leftovers it finishes. */
export function leftoversOn(looks: Iterable<Look>, owner: string): FoundClaim[] {
  const stack = stackOf(owner);
  return [...looks].flatMap((seen) =>
    [...seen.read.claims.values()]
      .filter((claim) => claim.owner !== owner && isLeftover(claim, stack))
      .map((claim) => ({ seen, claim })),
  );
}

/** A look as it will be once claims on that host are deleted. */
export function withoutClaims(look: Look, found: readonly FoundClaim[]): Look {
  const gone = new Set(found.filter(({ seen }) => seen === look).map(({ claim }) => claim.owner));
  if (gone.size === 0) return look;
  const claims = new Map([...look.read.claims].filter(([owner]) => !gone.has(owner)));
  return { ...look, read: { ...look.read, claims } };
}

/**
 * Deletes leftovers at all their ends, the other ends first: an operation that never ended may have claims where nothing else of its
 * stack is. Where an end cannot be reached, or refuses, the claim that leads there stays, with a warning. Resolves to
 * whether a host was changed.
 */
export async function cleanUp(reach: Reach, leftovers: readonly FoundClaim[]): Promise<boolean> {
  let cleaned = false;
  for (const { seen, claim } of leftovers) {
    const others = otherEnds(claim).filter(({ machine }) => machine !== seen.facts.machine);
    if ((await cleanUpAt(reach, claim, others)) && (await isDeleted(reach, claim, async () => seen.record)))
      cleaned = true;
  }
  return cleaned;
}

/** Deletes a leftover at other ends. False, and a warning, where one of them cannot be reached, or refuses. */
export async function cleanUpAt(reach: Reach, claim: Claim, others: Elsewhere): Promise<boolean> {
  let all = true;
  for (const { host } of others) {
    if (!(await isDeleted(reach, claim, () => reach.claimedHost(host as HostRecord)))) all = false;
  }
  return all;
}

/** Deletes a leftover on a host. False, and a warning, where that cannot be. */
async function isDeleted(reach: Reach, claim: Claim, host: () => Promise<HostRecord>): Promise<boolean> {
  try {
    await deleteAt(reach.open, await host(), claim);
    return true;
  } catch (error) {
    if (!(error instanceof TaasError)) throw error;
    reach.warn(`what a killed run left of ${claim.owner} stays for now: ${error.message}`);
    return false;
  }
}

/** Deletes a claim, at its other ends first. */
export async function deleteEverywhere(reach: Reach, { seen, claim }: FoundClaim): Promise<void> {
  for (const { machine, host } of otherEnds(claim)) {
    if (machine !== seen.facts.machine)
      await deleteAt(reach.open, await reach.claimedHost(host as HostRecord), claim);
  }
  await deleteAt(reach.open, seen.record, claim);
}

/** Deletes a claim on a host; one that is gone counts as done. */
export async function deleteAt(
  open: OpenHost,
  record: HostRecord,
  { owner, token }: Pick<Claim, "owner" | "token">,
): Promise<void> {
  if (record.gone === true) return;
  await open(record).submit(deleteEdit(owner, token));
}
