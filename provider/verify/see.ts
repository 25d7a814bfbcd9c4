import type { Host } from "../converge/host";
import { copyRefusal } from "../converge/hosts";
import { otherEnds } from "../converge/leftovers";
import type { Look } from "../converge/look";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import type { Context } from "../resource/context";
import type { UnseenHost } from "./verification";

/** A host that was read. */
export interface SeenHost {
  host: Host;
  look: Look;
}

/** The hosts that taps are on, by machine. */
export interface Seen {
  hosts: Map<string, SeenHost>;
  /** Machines that were requested. */
  named: Set<string>;
  /** Hosts that were requested and could not be read. */
  unseen: UnseenHost[];
  /** Why another end of a tap could not be read, by its machine. */
  missing: Map<string, UnseenHost>;
}

/** Looks at hosts, and at those with the other ends of their taps. */
export async function seeAll(context: Context, records: readonly HostRecord[]): Promise<Seen> {
  const seen: Seen = { hosts: new Map(), named: new Set(), unseen: [], missing: new Map() };
  const found = await Promise.all(
    records.map(async (record) => ({ record, ...(await see(context, async () => record)) })),
  );
  const reached = found.flatMap((one) => ("host" in one ? [one] : []));
  for (const one of found) {
    if (!("reason" in one)) continue;
    const { record, ...failure } = one;
    seen.unseen.push({ host: record.name, ...failure });
  }
  for (const machine of new Set(reached.map(machineOf)))
    add(
      seen,
      machine,
      reached.filter((one) => machineOf(one) === machine),
    );
  const others = farEnds([...seen.hosts.values()], seen.named);
  await Promise.all(
    [...others].map(async ([machine, claimed]) => {
      const there = await see(context, () => context.claimedHost(claimed));
      if ("reason" in there) seen.missing.set(machine, { host: claimed.name, ...there });
      else if (machineOf(there) === machine) seen.hosts.set(machine, there);
      else seen.missing.set(machine, { host: claimed.name, reason: replaced(there.look, machine) });
    }),
  );
  return seen;
}

function machineOf({ look }: SeenHost): string {
  return look.facts.machine;
}

/** Adds a machine that was asked for by some names; two that cannot be told apart are none. */
function add(seen: Seen, machine: string, names: readonly SeenHost[]): void {
  const [first] = names as [SeenHost];
  const copies = names.flatMap(({ look }) => copyRefusal(look, first.look) ?? []);
  seen.named.add(machine);
  if (copies.length === 0) {
    seen.hosts.set(machine, first);
    return;
  }
  const failure = failureOf(copies[0]);
  for (const { look } of names) seen.unseen.push({ host: look.record.name, ...failure });
  seen.missing.set(machine, { host: first.look.record.name, ...failure });
}

function replaced({ record }: Look, machine: string): string {
  return `host ${record.name} is another machine than the claim says, whose Open vSwitch has the _uuid ${machine}`;
}

/** Why a host could not be read. */
export type Failure = Omit<UnseenHost, "host">;

/** What an error says of why a host could not be read. */
export function failureOf(error: unknown): Failure {
  const { message } = error as Error;
  return error instanceof TaasError ? { reason: message, code: error.code } : { reason: message };
}

async function see(context: Context, find: () => Promise<HostRecord>): Promise<SeenHost | Failure> {
  try {
    const record = await find();
    if (record.gone === true) return { reason: `host ${record.name} is declared gone`, code: "host-gone" };
    const host = context.open(record);
    return { host, look: await host.look() };
  } catch (error) {
    return failureOf(error);
  }
}

/** The other hosts that have ends of these hosts' flows, by machine: those that were not asked for. */
function farEnds(hosts: readonly SeenHost[], asked: ReadonlySet<string>): Map<string, HostRecord> {
  const claims = hosts.flatMap(({ look }) => [...look.read.claims.values()]);
  const ends = claims.filter(({ kind }) => kind === "flow").flatMap(otherEnds);
  return new Map(
    ends
      .filter(({ machine }) => !asked.has(machine))
      .map(({ machine, host }) => [machine, host as HostRecord] as const),
  );
}
