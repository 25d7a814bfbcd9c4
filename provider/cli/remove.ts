import { dropEdit } from "../converge/edit";
import { dropElsewhere, otherEnds } from "../converge/leftovers";
import { stackOf } from "../converge/run";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import type { Context } from "../resource/context";
import type { Claim } from "../schema/claim";
import type { Arguments } from "./arguments";
import { type Listed, recordsOf } from "./claims";

/**
 * Removes the chosen claims, and what they alone need, from the hosts, and from the other ends that they name; a flow's claim
 * at its source goes first. All hosts are looked at before anything is removed; another end that cannot be reached keeps its
 * claim, because its machine may be gone for good, and is one of `failures`.
 */
export async function removeClaims(
  context: Context,
  wanted: Arguments,
): Promise<{ claims: Listed[]; failures: string[] }> {
  const records = recordsOf(context, wanted);
  const looks = await Promise.all(records.map((record) => context.open(record).look()));
  const claims: Listed[] = [];
  const failures: string[] = [];
  for (const look of looks) {
    const chosen = [...look.read.claims.values()].filter((claim) => isChosen(claim, wanted));
    for (const claim of [...chosen.filter(isFlow), ...chosen.filter((other) => !isFlow(other))]) {
      for (const failure of await dropOtherEnds(context, claim, records)) failures.push(failure);
      await look.queue.submit(dropEdit(claim.owner, claim.token));
      claims.push({ host: look.record.name, claim });
    }
  }
  return { claims, failures };
}

/** Where an end is one of the hosts of the command line, it is reached as that says. Resolves to what went wrong. */
async function dropOtherEnds(
  context: Context,
  claim: Claim,
  records: readonly HostRecord[],
): Promise<string[]> {
  const failures: string[] = [];
  const { owner, token } = claim;
  for (const { host } of otherEnds(claim)) {
    const record = records.find(({ address }) => address === host.address);
    try {
      const end = record ?? context.claimedHost(host as HostRecord);
      await dropElsewhere(context.open, end, owner, token);
    } catch (error) {
      if (!(error instanceof TaasError)) throw error;
      failures.push(`the other end of ${owner} stays: ${error.message}`);
    }
  }
  return failures;
}

function isChosen({ owner }: Claim, wanted: Arguments): boolean {
  return wanted.owners.includes(owner) || wanted.stacks.includes(stackOf(owner));
}

function isFlow(claim: Claim): boolean {
  return claim.kind === "flow";
}
