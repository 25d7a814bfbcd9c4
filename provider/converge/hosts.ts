import type { HostRecord } from "../host/host";
import { tapBridgeOf } from "./access";
import type { HostQueue, Look } from "./hostQueue";

/** Gives the queue of a host. */
export type OpenHost = (record: HostRecord) => HostQueue;

/** What tells one tap bridge from another: a host's address and the bridge's name. */
export function placeOf(record: HostRecord): string {
  return `${record.address} ${tapBridgeOf(record)}`;
}

/** Looks at hosts, all at once, each place once. Every failure waits for the others, so that nothing runs on unseen. */
export async function lookAll(open: OpenHost, records: readonly HostRecord[]): Promise<Map<string, Look>> {
  const unique = new Map(records.map((record) => [placeOf(record), record]));
  const results = await Promise.allSettled([...unique.values()].map((record) => open(record).look()));
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  const seen = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  return new Map(seen.map((host) => [placeOf(host.record), host]));
}

/** What tells one machine's tap bridge from another's, whatever names the host goes by. */
export function machineOf(seen: Look): string {
  return `${seen.facts.machine} ${tapBridgeOf(seen.record)}`;
}
