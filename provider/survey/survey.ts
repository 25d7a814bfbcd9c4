import { otherEnds } from "../converge/leftovers";
import type { Inspection } from "../converge/look";
import type { HostRecord } from "../host/host";
import type { Claim } from "../schema/claim";
import type { HostStatistics } from "../statistics/statistics";

/** A host at one moment: how it differs from its claims, and its counters. */
export interface Seen {
  inspection: Inspection;
  statistics: HostStatistics;
}

/** One survey of one host: its state, or why it could not be read. */
export type Survey = {
  record: HostRecord;
  /** How long it took, in seconds. */
  seconds: number;
} & ({ seen: Seen; error?: never } | { seen?: never; error: Error });

/**
 * How the host differs from a claim, in the words of a resource's `status`; includes other hosts that were surveyed.
 */
export function faultsOf(claim: Claim, { inspection }: Seen, all: readonly Survey[]): string[] {
  const { record, differences } = inspection;
  const here = differences
    .filter(({ owners }) => owners.length === 0 || owners.includes(claim.owner))
    .map(({ what }) => `host ${record.name}: ${what}`);
  const missing = otherEnds(claim).flatMap(({ machine }) => {
    const other = all.find(({ seen }) => seen?.inspection.facts.machine === machine);
    const there = other?.seen?.inspection.read.claims.get(claim.owner);
    return other === undefined || there?.token === claim.token
      ? []
      : [`host ${other.record.name}: claim missing`];
  });
  return [...missing, ...here];
}
