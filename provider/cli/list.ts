import type { Look } from "../converge/hostQueue";
import { otherEnds } from "../converge/leftovers";
import type { Context } from "../resource/context";
import type { Arguments } from "./arguments";
import { type Listed, recordsOf } from "./claims";

/** The claims of the hosts that could be looked at, by host and owner, and why others could not. */
export async function listClaims(
  context: Context,
  wanted: Arguments,
): Promise<{ claims: Listed[]; failures: string[] }> {
  const records = recordsOf(context, wanted);
  const results = await Promise.allSettled(records.map((record) => context.open(record).look()));
  const looks = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failures = results.flatMap((result) =>
    result.status === "rejected" ? [(result.reason as Error).message] : [],
  );
  return { claims: looks.flatMap((look) => listedOn(look, looks)), failures };
}

function listedOn({ record, read }: Look, looks: readonly Look[]): Listed[] {
  const claims = [...read.claims.values()].sort((a, b) => (a.owner < b.owner ? -1 : 1));
  return claims.map((claim) => {
    const missingOn = otherEnds(claim)
      .flatMap(({ machine }) => looks.filter(({ facts }) => facts.machine === machine))
      .filter((other) => other.read.claims.get(claim.owner)?.token !== claim.token)
      .map((other) => other.record.name);
    return { host: record.name, claim, ...(missingOn.length === 0 ? {} : { missingOn }) };
  });
}
