import type { Host } from "../converge/host";
import { otherEnds } from "../converge/leftovers";
import type { Look } from "../converge/look";
import type { HostRecord } from "../host/host";
import type { Context } from "../resource/context";
import type { UnseenHost } from "./verification";

/** A host that was reached. */
export interface SeenHost {
  host: Host;
  look: Look;
}

/** The hosts that taps are on, by their machines. */
export interface Seen {
  hosts: Map<string, SeenHost>;
  /** Machines that were asked for. */
  named: Set<string>;
  /** Hosts that were asked for and could not be looked at. */
  unseen: UnseenHost[];
  /** Why another end of a tap could not be looked at, by its machine. */
  missing: Map<string, UnseenHost>;
}

/** Looks at hosts, and at those that have the other ends of their taps. */
export async function seeAll(context: Context, records: readonly HostRecord[]): Promise<Seen> {
  const seen: Seen = { hosts: new Map(), named: new Set(), unseen: [], missing: new Map() };
  await Promise.all(
    records.map(async (record) => {
      const found = await see(context, async () => record);
      if ("reason" in found) seen.unseen.push({ host: record.name, reason: found.reason });
      else add(seen, found).named.add(found.look.facts.machine);
    }),
  );
  const others = farEnds([...seen.hosts.values()].map(({ look }) => look));
  await Promise.all(
    [...others].map(async ([machine, claimed]) => {
      const found = await see(context, () => context.claimedHost(claimed));
      if ("reason" in found) seen.missing.set(machine, { host: claimed.name, reason: found.reason });
      else add(seen, found);
    }),
  );
  return seen;
}

function add(seen: Seen, found: SeenHost): Seen {
  const { machine } = found.look.facts;
  if (!seen.hosts.has(machine)) seen.hosts.set(machine, found);
  return seen;
}

async function see(
  context: Context,
  find: () => Promise<HostRecord>,
): Promise<SeenHost | { reason: string }> {
  try {
    const record = await find();
    if (record.gone === true) return { reason: `host ${record.name} is declared gone` };
    const host = context.open(record);
    return { host, look: await host.look() };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

/** The hosts that have other ends of flows on some hosts and are none of these, by their machines. */
function farEnds(looks: readonly Look[]): Map<string, HostRecord> {
  const known = new Set(looks.map(({ facts }) => facts.machine));
  const claims = looks.flatMap(({ read }) => [...read.claims.values()]);
  const ends = claims.filter(({ kind }) => kind === "flow").flatMap(otherEnds);
  return new Map(
    ends
      .filter(({ machine }) => !known.has(machine))
      .map(({ machine, host }) => [machine, host as HostRecord] as const),
  );
}
