#!/usr/bin/env node
import { harmless, printable } from "../printable";
import { withContext } from "../runtime";
import { readSettings } from "../settings";
import { type Arguments, readArguments, USAGE, UsageError } from "./arguments";
import { describeClaim, type Listed } from "./claims";
import { listClaims } from "./list";
import { removeClaims } from "./remove";

/** What a command says, and what it could not do. */
interface Said {
  output: string;
  failures: string[];
}

async function run(wanted: Arguments): Promise<Said> {
  const settings = readSettings((key) => (key === "taas:sshConfig" ? wanted.sshConfig : undefined));
  return withContext(settings, async (context) => {
    const isList = wanted.command === "list";
    const { claims, failures } = await (isList ? listClaims : removeClaims)(context, wanted);
    return { output: text(claims, wanted, isList ? "" : "removed "), failures };
  });
}

function text(claims: readonly Listed[], { format }: Arguments, verb: string): string {
  if (format === "json") return harmless(`${JSON.stringify(claims, null, 2)}\n`);
  if (claims.length === 0) return "no claims\n";
  return claims.map((listed) => `${verb}${describeClaim(listed)}\n`).join("");
}

function complain(message: string): void {
  process.stderr.write(`pulumi-taas: ${printable(message)}\n`);
}

async function main(): Promise<void> {
  try {
    const wanted = readArguments(process.argv.slice(2));
    if (wanted === "help") {
      process.stdout.write(USAGE);
      return;
    }
    const { output, failures } = await run(wanted);
    process.stdout.write(output);
    for (const message of failures) complain(message);
    if (failures.length > 0) process.exitCode = 1;
  } catch (error) {
    complain((error as Error).message);
    if (error instanceof UsageError) process.stderr.write(`\n${USAGE}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

void main();
