import { otherEnds } from "../../provider/converge/leftovers";
import type { Look } from "../../provider/converge/look";
import type { CommandSpec } from "../command";
import { isNothingSeen, lookAtAll } from "../looks";
import { describeClaim, type Listed } from "./claim";

/** `claims list`: all claims of the hosts, by host and owner. */
export const list: CommandSpec = {
  name: "list",
  summary: "list the claims on hosts, with who wrote them and when",
  description: `Lists the claims on hosts, with who wrote them and when. Hosts do not know which stacks still exist: compare the list with
"pulumi stack ls". A claim that a killed run left is shown as pending. A claim is one-sided if its other end is on a listed host and has no
claim there.`,
  examples: [
    "claims list --hosts hosts.json",
    "claims list --project taps --stack prod --json",
    "claims list --host compute1 --host compute2",
  ],
  async run(work) {
    const { output } = work;
    const seen = await lookAtAll(work);
    const claims = seen.looks.flatMap((look) => listedOn(look, seen.looks));
    output.answer({ claims });
    if (isNothingSeen(seen)) return 2;
    for (const claim of claims) output.line(describeClaim(claim));
    if (claims.length === 0) output.line("no claims");
    return 0;
  },
};

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
