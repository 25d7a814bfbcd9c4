import type { Look } from "../provider/converge/look";
import type { HostRecord } from "../provider/host/host";
import type { Context } from "../provider/resource/context";

/** What there is to see on the hosts that can be reached, and why the others cannot. */
export interface Looks {
  looks: Look[];
  failures: string[];
}

/** Looks at all hosts at once. */
export async function lookAtAll(context: Context, records: readonly HostRecord[]): Promise<Looks> {
  const results = await Promise.allSettled(records.map((record) => context.open(record).look()));
  return {
    looks: results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])),
    failures: results.flatMap((result) =>
      result.status === "rejected" ? [(result.reason as Error).message] : [],
    ),
  };
}
