#!/usr/bin/env node
import { TaasError } from "../provider/errors";
import type { Context } from "../provider/resource/context";
import { withContext } from "../provider/runtime";
import { type Arguments, readArguments, USAGE, UsageError } from "./arguments";
import { listClaims } from "./claims/list";
import { removeClaims } from "./claims/remove";
import { readHosts, recordsOf } from "./hosts";
import { noteInterrupts } from "./interrupt";
import { lookAtAll } from "./looks";
import { complain, type ExitCode } from "./output";

async function run(context: Context, hosts: readonly string[], wanted: Arguments): Promise<ExitCode> {
  const found = await lookAtAll(context, recordsOf(context, hosts));
  for (const failure of found.failures) complain(failure);
  if (found.looks.length === 0 && found.failures.length > 0) return 2;
  const code =
    wanted.command === "list" ? listClaims(found, wanted) : await removeClaims(context, found, wanted);
  return code === 0 && found.failures.length > 0 ? 1 : code;
}

async function main(): Promise<ExitCode> {
  try {
    const wanted = readArguments(process.argv.slice(2));
    if (wanted === "help") {
      process.stdout.write(USAGE);
      return 0;
    }
    if (wanted.command === "remove" && wanted.consent === "ask" && process.stdin.isTTY !== true) {
      throw new UsageError("remove asks first, and there is no terminal: give --yes, or --dry-run");
    }
    const { settings, hosts } = readHosts(wanted);
    return await withContext(settings, (context) => run(context, hosts, wanted));
  } catch (error) {
    const isExpected = error instanceof UsageError || error instanceof TaasError;
    complain(isExpected ? error.message : String((error as Error).stack));
    if (error instanceof UsageError) process.stderr.write(`\n${USAGE}`);
    return 2;
  }
}

const interruptCode = noteInterrupts();
void main().then((code) => {
  process.exitCode = interruptCode() ?? code;
});
