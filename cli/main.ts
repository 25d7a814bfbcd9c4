#!/usr/bin/env node
import type { ExitCode } from "./exitCode";
import { noteInterrupts } from "./interrupt";
import { Output } from "./output";
import { program, TextPrinted } from "./program";
import { packageVersion } from "./version";
import { noteWriteErrors } from "./writeErrors";

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const writeErrors = noteWriteErrors();
  const output = new Output(words.includes("--json") ? "json" : "text");
  const interrupt = noteInterrupts(() => {
    output.complain("interrupted before it was done");
    output.finish();
  });
  const code = await run(words, output, interrupt.signal);
  const failed = await writeErrors.first();
  if (failed !== undefined) output.notice(`pulumi-taas: the output is incomplete: ${failed.message}`);
  process.exitCode = interrupt.exitCode ?? (code === 0 && failed !== undefined ? 1 : code);
}

/** Runs a command line, and ends its output. */
async function run(words: readonly string[], output: Output, signal: AbortSignal): Promise<ExitCode> {
  let code: ExitCode = 2;
  const ended = (ends: ExitCode) => {
    code = ends;
  };
  try {
    await program(packageVersion(), { output, signal, ended }).parseAsync(words, { from: "user" });
  } catch (error) {
    if (error instanceof TextPrinted) return 0;
    output.complain(error);
    code = 2;
  }
  output.finish();
  return code;
}

void main();
