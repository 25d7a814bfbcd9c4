import { deleteAt, otherEnds } from "../../provider/converge/leftovers";
import type { Look } from "../../provider/converge/look";
import { TaasError } from "../../provider/errors";
import type { HostRecord } from "../../provider/host/host";
import { stackOf } from "../../provider/model/identity";
import type { Context } from "../../provider/resource/context";
import type { Claim } from "../../provider/schema/claim";
import type { Listed } from "./claim";

/** The chosen claims of one host, in the order of their removal. */
export interface Chosen {
  look: Look;
  claims: Claim[];
}

/** Receives the results of a removal as they happen. */
export interface Progress {
  removed(listed: Listed): void;
  failed(message: string): void;
}

/**
 * Kinds of claims in the order of their removal: a capture uses nothing of the others, a flow still uses its service, and a service its
 * monitor ports.
 */
const ORDER: readonly Claim["kind"][] = ["capture", "flow", "service", "tunnel", "monitor-port"];

/** Which claims to remove. */
export interface Choice {
  owners: readonly string[];
  stacks: readonly string[];
}

/** The selected claims, by host. */
export function chooseClaims(looks: readonly Look[], choice: Choice): Chosen[] {
  return looks.map((look) => {
    const claims = [...look.read.claims.values()].filter((claim) => isChosen(claim, choice));
    return { look, claims: claims.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind)) };
  });
}

/**
 * Removes the selected claims, and what only they need, from the hosts and from the other ends that they name. A host
 * that fails does not stop the others: each failure is reported, and its claims stay as they are.
 */
export async function removeChosen(
  context: Context,
  chosen: readonly Chosen[],
  progress: Progress,
): Promise<void> {
  const records = chosen.map(({ look }) => look.record);
  for (const { look, claims } of chosen) {
    for (const [index, claim] of claims.entries()) {
      await removeFromOtherEnds(context, claim, records, progress);
      try {
        await deleteAt(context.open, look.record, claim);
        progress.removed({ host: look.record.name, claim });
      } catch (error) {
        const { message } = taasError(error);
        progress.failed(`${claim.owner} stays: ${message}`);
        if (!isOutOfReach(error)) continue;
        const left = claims.length - index - 1;
        if (left > 0) progress.failed(`${left} more claims stay on ${look.record.name}`);
        break;
      }
    }
  }
}

/**
 * An end that is on a host of the command line is reached as the command line says. An end that cannot be reached keeps
 * its claim, and so does an end whose claim belongs to another resource, because a host is not trusted about others.
 */
async function removeFromOtherEnds(
  context: Context,
  claim: Claim,
  records: readonly HostRecord[],
  progress: Progress,
): Promise<void> {
  const { owner } = claim;
  for (const { host } of otherEnds(claim)) {
    const record = records.find(({ address }) => address === host.address);
    try {
      const end = record ?? (await context.claimedHost(host as HostRecord));
      const left = await deleteAt(context.open, end, claim, (there) => there.owner === owner);
      const kept = [...left.values()].find(({ token }) => token === claim.token);
      if (kept !== undefined)
        progress.failed(`the other end of ${owner} stays: on ${end.name} its claim belongs to ${kept.owner}`);
    } catch (error) {
      progress.failed(`the other end of ${owner} stays: ${taasError(error).message}`);
    }
  }
}

/** Any other error is a bug in this program, not a failure of a host. */
function taasError(error: unknown): TaasError {
  if (error instanceof TaasError) return error;
  throw error;
}

/** Whether the next claim on the same host would fail in the same way, after another long wait. */
function isOutOfReach(error: unknown): boolean {
  const { code } = taasError(error);
  return (
    code === "unreachable" ||
    code === "connection-lost" ||
    code === "operation-timeout" ||
    code === "ovsdb-timeout" ||
    code === "cancelled"
  );
}

function isChosen({ owner }: Claim, { owners, stacks }: Choice): boolean {
  return owners.includes(owner) || stacks.includes(stackOf(owner));
}
