import { otherEnds } from "../converge/leftovers";
import type { Inspection } from "../converge/look";
import type { HostRecord } from "../host/host";
import type { Claim } from "../schema/claim";
import type { HostStatistics } from "../statistics/statistics";

/** What a host was at a moment, compared with its claims, and what it had counted. */
export interface Seen {
  inspection: Inspection;
  statistics: HostStatistics;
}

/** One pass over one host: what was seen, or why nothing was. */
export type Survey = {
  record: HostRecord;
  /** How long it took. */
  seconds: number;
} & ({ seen: Seen; error?: never } | { seen?: never; error: Error });

/** What is not as a claim says, in the words of a resource's `status`; also on other hosts that were surveyed. */
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
