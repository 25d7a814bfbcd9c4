import type { Context } from "../../provider/resource/context";
import type { Arguments } from "../arguments";
import { confirm } from "../confirm";
import type { Looks } from "../looks";
import { complain, type ExitCode, printClaims } from "../output";
import { describeClaim, describeRemoval, type Listed } from "./claim";
import { type Chosen, chooseClaims, removeChosen } from "./removal";

/** Removes the claims that the command line chooses, once the operator has agreed, and prints them one by one. */
export async function removeClaims(context: Context, found: Looks, wanted: Arguments): Promise<ExitCode> {
  const chosen = chooseClaims(found, wanted);
  const claims = chosen.flatMap(({ look, claims }) =>
    claims.map((claim): Listed => ({ host: look.record.name, claim })),
  );
  if (wanted.consent === "dry-run" || claims.length === 0) {
    printClaims(claims, wanted, (listed) => `would remove ${describeRemoval(listed)}`);
    return 0;
  }
  if (wanted.consent === "ask" && !(await isAgreed(claims))) {
    complain("nothing was removed");
    return 2;
  }
  return removeAndTell(context, chosen, wanted);
}

async function isAgreed(claims: readonly Listed[]): Promise<boolean> {
  for (const listed of claims) process.stderr.write(`${describeRemoval(listed)}\n`);
  return confirm(`Remove ${claims.length === 1 ? "this claim" : `these ${claims.length} claims`}?`);
}

/** Text is printed claim by claim, so that it is there whatever comes after; JSON is one list. */
async function removeAndTell(
  context: Context,
  chosen: readonly Chosen[],
  wanted: Arguments,
): Promise<ExitCode> {
  let code: ExitCode = 0;
  const removed: Listed[] = [];
  try {
    await removeChosen(context, chosen, {
      removed(listed) {
        removed.push(listed);
        if (wanted.format === "text") printClaims([listed], wanted, (one) => `removed ${describeClaim(one)}`);
      },
      failed(message) {
        code = 1;
        complain(message);
      },
    });
  } finally {
    if (wanted.format === "json") printClaims(removed, wanted, describeClaim);
  }
  return code;
}
