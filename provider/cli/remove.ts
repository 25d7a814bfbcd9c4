import { dropEdit } from "../converge/edit";
import { dropElsewhere, otherEnds } from "../converge/leftovers";
import { stackOf } from "../converge/run";
import type { HostRecord } from "../host/host";
import type { Context } from "../resource/context";
import type { Claim } from "../schema/claim";
import type { Arguments } from "./arguments";
import { type Listed, otherEndsOf, recordsOf } from "./claims";

/**
 * Removes the chosen claims, and what they alone need, from the hosts and from other ends that the claims say how to reach;
 * a flow's claim at its source goes first. All hosts are looked at before anything is removed. `notes`: ends that may be
 * left, because they are on machines that nothing says how to reach.
 */
export async function removeClaims(
  context: Context,
  wanted: Arguments,
): Promise<{ claims: Listed[]; notes: string[] }> {
  const records = recordsOf(context, wanted);
  const looks = await Promise.all(records.map((record) => context.open(record).look()));
  const reached = new Set(looks.map(({ facts }) => facts.machine));
  const claims: Listed[] = [];
  for (const look of looks) {
    const chosen = [...look.read.claims.values()].filter((claim) => isChosen(claim, wanted));
    for (const claim of [...chosen.filter(isFlow), ...chosen.filter((other) => !isFlow(other))]) {
      await dropOtherEnds(context, claim, records, reached);
      await look.queue.submit(dropEdit(claim.owner, claim.token));
      claims.push({ host: look.record.name, claim });
    }
  }
  return { claims, notes: notesOn(claims, reached) };
}

/** Where an end is one of the hosts of the command line, it is reached as that says. */
async function dropOtherEnds(
  context: Context,
  claim: Claim,
  records: readonly HostRecord[],
  reached: Set<string>,
): Promise<void> {
  for (const { machine, host } of otherEnds(claim)) {
    const record = records.find(({ address }) => address === host.address);
    await dropElsewhere(
      context.open,
      record ?? context.claimedHost(host as HostRecord),
      claim.owner,
      claim.token,
    );
    reached.add(machine);
  }
}

function notesOn(claims: readonly Listed[], reached: ReadonlySet<string>): string[] {
  const notes = claims.flatMap(({ claim }) =>
    otherEndsOf(claim)
      .filter(({ machine }) => !reached.has(machine))
      .map(({ name }) => `${claim.owner} may have another end on ${name}: name that host too, by --host`),
  );
  return [...new Set(notes)];
}

function isChosen({ owner }: Claim, wanted: Arguments): boolean {
  return wanted.owners.includes(owner) || wanted.stacks.includes(stackOf(owner));
}

function isFlow(claim: Claim): boolean {
  return claim.kind === "flow";
}
