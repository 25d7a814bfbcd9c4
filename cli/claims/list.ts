import { otherEnds } from "../../provider/converge/leftovers";
import type { Look } from "../../provider/converge/look";
import type { Arguments } from "../arguments";
import type { Looks } from "../looks";
import { type ExitCode, printClaims } from "../output";
import { describeClaim, type Listed } from "./claim";

/** Prints all claims of the hosts, by host and owner. */
export function listClaims({ looks }: Looks, wanted: Arguments): ExitCode {
  printClaims(
    looks.flatMap((look) => listedOn(look, looks)),
    wanted,
    describeClaim,
  );
  return 0;
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
