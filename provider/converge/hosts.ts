import { allOf } from "../allOf";
import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import type { Claim, Elsewhere } from "../schema/claim";
import { tapBridgeOf } from "./access";
import type { Ending } from "./ending";
import type { FailedHosts } from "./failedHosts";
import type { Host } from "./host";
import type { Look } from "./look";

/** Returns the host for a record. */
export type OpenHost = (record: HostRecord) => Host;

/** How an operation reaches hosts and the operator. */
export interface Reach {
  open: OpenHost;
  /** The current inventory's record for a recorded host. */
  presentHost(recorded: HostRecord): HostRecord;
  /** A host that a claim refers to, reached as the operator says and not as the claim says. */
  claimedHost(claimed: HostRecord): Promise<HostRecord>;
  /** Passes a warning to the operator. */
  warn(message: string): void;
  /** Receives the claims of other resources that the operation deletes, because they cannot exist without this one. */
  dropped?: (claim: Claim) => void;
  /** The hosts at other ends of leftovers that failed earlier in the run. */
  failed: FailedHosts;
  /** Ends the operation between two steps. What a create has written by then is undone; a delete that has begun goes on. */
  ending?: Ending | undefined;
}

/** What tells tap bridges apart before a host has been read: the host's address and the bridge's name. */
export function placeOf(record: HostRecord): string {
  return `${record.address} ${tapBridgeOf(record)}`;
}

/**
 * Looks at hosts, all at the same time, at each place once, under the first of its records. The error contains the
 * reason of every host that failed.
 */
export async function lookAll(
  open: (record: HostRecord) => Pick<Host, "look">,
  records: readonly HostRecord[],
): Promise<Map<string, Look>> {
  const unique = new Map<string, HostRecord>();
  for (const record of records) if (!unique.has(placeOf(record))) unique.set(placeOf(record), record);
  const seen = await allOf([...unique.values()].map((record) => open(record).look()));
  refuseCopies(seen);
  return new Map(seen.map((host) => [placeOf(host.record), host]));
}

/**
 * What machines with one `_uuid` are told apart by. Open vSwitch's packages write hostname and system-id when it starts,
 * some of them only once, so that a clone keeps both. The boot id differs between clones, and no host knows another's:
 * one that reports the identifiers of another host, which its claims can tell it, is not taken for that host.
 */
function systemOf({ facts, bootId }: Look): string {
  const { hostname = "(no hostname)", "system-id": id = "(no system-id)" } = facts.externalIds;
  return `${hostname}, boot ${bootId === "" ? "unknown" : bootId}, system-id ${id}`;
}

/**
 * Rejects machines that share a database because they were created from one disk image: they would be taken for one
 * machine.
 */
function refuseCopies(looks: readonly Look[]): void {
  const first = new Map<string, Look>();
  for (const look of looks) {
    const { machine } = look.facts;
    const other = first.get(machine) ?? look;
    first.set(machine, other);
    const refusal = copyRefusal(look, other);
    if (refusal !== undefined) throw refusal;
  }
}

/** The error for two looks that have one `_uuid` and are at two machines; undefined if they are at one. */
export function copyRefusal(look: Look, other: Look): TaasError | undefined {
  if (systemOf(other) === systemOf(look)) return undefined;
  const { machine } = look.facts;
  return new TaasError(
    `its Open vSwitch has a copy of the database of host ${other.record.name} (${systemOf(other)}; here ${systemOf(look)}): both have the _uuid ${machine}, by which machines are told apart`,
    {
      code: "database-copied",
      host: look.record.name,
      hint: "Give one of them a new database: stop Open vSwitch, move conf.db away, start it, and have its bridges created again",
    },
  );
}

/**
 * What tells one machine's tap bridge from another's, whatever names the host has, while no machine has a copy of the
 * other's database.
 */
export function machineOf(seen: Look): string {
  return `${seen.facts.machine} ${tapBridgeOf(seen.record)}`;
}

/** One look per machine, under the first of its names. No look is left out because another machine has its `_uuid`. */
export function uniqueMachines<Seen extends Look>(looks: Iterable<Seen>): Seen[] {
  const machines = new Map<string, Seen>();
  for (const look of looks) {
    const key = `${machineOf(look)} ${systemOf(look)}`;
    if (!machines.has(key)) machines.set(key, look);
  }
  return [...machines.values()];
}

/** The machines of the looks except this one, as its claim records them. */
export function elsewhereOf(here: Look, looks: Iterable<Look>): Elsewhere {
  return uniqueMachines(looks)
    .filter((look) => machineOf(look) !== machineOf(here))
    .map(({ facts, record }) => ({ machine: facts.machine, host: record }));
}
