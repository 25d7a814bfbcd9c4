import type { Look } from "../provider/converge/look";
import type { Work } from "./command";
import type { Output } from "./output";

/** The looks at the hosts that can be read. */
export interface Looks {
  looks: Look[];
  /** How many hosts cannot be read; the reasons have been reported. */
  failed: number;
}

/** What looks at hosts need: `output` is told which cannot be read. */
export interface Looking extends Pick<Work, "context" | "hosts"> {
  output: Pick<Output, "complain" | "progress">;
}

/** Looks at all hosts at the same time, and reports which cannot be read. */
export async function lookAtAll({ context, hosts, output }: Looking): Promise<Looks> {
  let ended = 0;
  const look = async (record: (typeof hosts)[number]) => {
    try {
      return await context.open(record).look();
    } finally {
      ended += 1;
      output.progress(`${ended} of ${hosts.length} hosts read`);
    }
  };
  const results = await Promise.allSettled(hosts.map(look));
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  for (const failure of failures) output.complain(failure);
  return {
    looks: results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])),
    failed: failures.length,
  };
}

/** Whether no host could be read. */
export function isNothingSeen({ looks, failed }: Looks): boolean {
  return looks.length === 0 && failed > 0;
}
