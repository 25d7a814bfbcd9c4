import { harmless, printable } from "../provider/printable";
import type { Arguments } from "./arguments";
import type { Listed } from "./claims/claim";

/** 0: done; 1: done, but for what was complained of; 2: nothing could be done. */
export type ExitCode = 0 | 1 | 2;

/** Tells what is wrong. */
export function complain(message: string): void {
  process.stderr.write(`pulumi-taas: ${printable(message)}\n`);
}

/** Prints claims as the command line wants them; `describe` is for the text. */
export function printClaims(
  claims: readonly Listed[],
  { format }: Arguments,
  describe: (listed: Listed) => string,
): void {
  if (format === "json") process.stdout.write(harmless(`${JSON.stringify(claims, null, 2)}\n`));
  else if (claims.length === 0) process.stdout.write("no claims\n");
  else for (const listed of claims) process.stdout.write(`${describe(listed)}\n`);
}
