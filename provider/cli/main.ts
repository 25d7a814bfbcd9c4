#!/usr/bin/env node
import { withContext } from "../runtime";
import { readSettings } from "../settings";
import { type Arguments, readArguments, USAGE, UsageError } from "./arguments";
import { describeClaim, listClaims, removeClaims } from "./claims";

async function run(wanted: Arguments): Promise<string> {
  const settings = readSettings((key) => (key === "taas:sshConfig" ? wanted.sshConfig : undefined));
  return withContext(settings, async (context) => {
    const claims = await (wanted.command === "list"
      ? listClaims(context, wanted)
      : removeClaims(context, wanted));
    if (wanted.format === "json") return `${JSON.stringify(claims, null, 2)}\n`;
    if (claims.length === 0) return "no claims\n";
    const verb = wanted.command === "list" ? "" : "removed ";
    return claims.map((listed) => `${verb}${describeClaim(listed)}\n`).join("");
  });
}

async function main(): Promise<void> {
  try {
    process.stdout.write(await run(readArguments(process.argv.slice(2))));
  } catch (error) {
    const usage = error instanceof UsageError ? `\n\n${USAGE}` : "\n";
    process.stderr.write(`pulumi-taas: ${(error as Error).message}${usage}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

void main();
