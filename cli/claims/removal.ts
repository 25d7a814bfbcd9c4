import { deleteAt, otherEnds } from "../../provider/converge/leftovers";
import type { Look } from "../../provider/converge/look";
import { TaasError } from "../../provider/errors";
import type { HostRecord } from "../../provider/host/host";
import { stackOf } from "../../provider/model/identity";
import type { Context } from "../../provider/resource/context";
import type { Claim } from "../../provider/schema/claim";
import type { About } from "../output";
import type { Listed } from "./claim";

/** The chosen claims of one host, in the order of their removal. */
export interface Chosen {
  look: Look;
  claims: Claim[];
}

/** Receives the results of a removal as they happen. */
export interface Progress {
  removed(listed: Listed): void;
  failed(message: string, about: About): void;
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
  const ends: Ends = { context, records: chosen.map(({ look }) => look.record), outOfReach: new Map() };
  for (const { look, claims } of chosen) {
    for (const [index, claim] of claims.entries()) {
      await removeFromOtherEnds(ends, claim, progress);
      try {
        await once(ends, look.record.address, () => deleteAt(context.open, look.record, claim));
        progress.removed({ host: look.record.name, claim });
      } catch (error) {
        const failure = taasError(error);
        progress.failed(`${claim.owner} stays: ${failure.message}`, failure);
        if (!isOutOfReach(failure)) continue;
        const left = claims.length - index - 1;
        if (left > 0) progress.failed(`${left} more claims stay on ${look.record.name}`, failure);
        break;
      }
    }
  }
}

/** What is known of the hosts. */
interface Ends {
  context: Context;
  /** The hosts of the command line. */
  records: readonly HostRecord[];
  /** Why hosts cannot be reached, by address: they are not tried again for the next claim. */
  outOfReach: Map<string, TaasError>;
}

/** Asks a host, unless it could not be reached before: then rejects with the error of that time. */
async function once<T>({ outOfReach }: Ends, address: string, ask: () => Promise<T>): Promise<T> {
  const known = outOfReach.get(address);
  if (known !== undefined) throw known;
  try {
    return await ask();
  } catch (error) {
    const failure = taasError(error);
    if (isOutOfReach(failure)) outOfReach.set(address, failure);
    throw failure;
  }
}

/**
 * An end that is on a host of the command line is reached as the command line says. An end that cannot be reached keeps
 * its claim, and so does an end whose claim belongs to another resource, because a host is not trusted about others.
 */
async function removeFromOtherEnds(ends: Ends, claim: Claim, progress: Progress): Promise<void> {
  const { context, records } = ends;
  const { owner } = claim;
  for (const { host } of otherEnds(claim)) {
    const record = records.find(({ address }) => address === host.address);
    try {
      const end = record ?? (await context.claimedHost(host as HostRecord));
      const left = await once(ends, host.address, () =>
        deleteAt(context.open, end, claim, (there) => there.owner === owner),
      );
      const kept = [...left.values()].find(({ token }) => token === claim.token);
      if (kept === undefined) continue;
      const { name } = end;
      const message = `the other end of ${owner} stays: on ${name} its claim belongs to ${kept.owner}`;
      progress.failed(message, { host: name });
    } catch (error) {
      const failure = taasError(error);
      progress.failed(`the other end of ${owner} stays: ${failure.message}`, failure);
    }
  }
}

/** Any other error is a bug in this program, not a failure of a host. */
function taasError(error: unknown): TaasError {
  if (error instanceof TaasError) return error;
  throw error;
}

/** Whether the next claim on the same host would fail in the same way, after another long wait. */
function isOutOfReach({ code }: TaasError): boolean {
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
