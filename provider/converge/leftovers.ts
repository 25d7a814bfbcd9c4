import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import type { Claim, Elsewhere } from "../schema/claim";
import { dropEdit } from "./edit";
import type { OpenHost, Reach } from "./hosts";
import type { Look } from "./look";
import { isLeftover } from "./pending";
import { stackOf } from "./run";

/** The other machines that a claim says have one of the same resource, and how they are reached. */
export function otherEnds(claim: Claim): Elsewhere {
  if (claim.elsewhere !== undefined || claim.kind !== "flow") return claim.elsewhere ?? [];
  return claim.from === undefined ? [] : [{ machine: claim.peer?.machine ?? "", host: claim.from }];
}

/**
 * Clears what killed runs of a stack left pending on hosts that were looked at, at all ends: an operation that never
 * ended may have claims where nothing else of its stack is. Where an end cannot be reached, the claim that leads there
 * stays. `owner`: whose operation this is; its own leftovers it finishes. Resolves to whether a host was changed.
 */
export async function clearLeftovers(
  reach: Reach,
  owner: string,
  seen: ReadonlyMap<string, Look>,
): Promise<boolean> {
  let cleared = false;
  for (const look of seen.values()) {
    for (const claim of look.read.claims.values()) {
      if (claim.owner === owner || !isLeftover(claim, stackOf(owner))) continue;
      const others = otherEnds(claim).filter(({ machine }) => machine !== look.facts.machine);
      if ((await takeBackAt(reach, claim, others)) && (await takeBackHere(reach, claim, look)))
        cleared = true;
    }
  }
  return cleared;
}

/** Takes a claim of a killed run back where it was seen. False, and a warning, where that cannot be. */
async function takeBackHere(reach: Reach, claim: Claim, look: Look): Promise<boolean> {
  try {
    await reach.open(look.record).submit(dropEdit(claim.owner, claim.token));
    return true;
  } catch (error) {
    warnOfLeftover(reach, claim, error);
    return false;
  }
}

function warnOfLeftover(reach: Reach, { owner }: Claim, error: unknown): void {
  if (!(error instanceof TaasError)) throw error;
  reach.warn(`what a killed run left of ${owner} stays for now: ${error.message}`);
}

/** Takes a claim of a killed run back at other ends. False, and a warning, where one cannot be reached. */
export async function takeBackAt(reach: Reach, claim: Claim, others: Elsewhere): Promise<boolean> {
  let all = true;
  for (const { host } of others) {
    try {
      const record = await reach.claimedHost(host as HostRecord);
      await dropElsewhere(reach.open, record, claim.owner, claim.token);
    } catch (error) {
      warnOfLeftover(reach, claim, error);
      all = false;
    }
  }
  return all;
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
