#!/usr/bin/env node
import type { ExitCode } from "./exitCode";
import { noteInterrupts } from "./interrupt";
import { Output } from "./output";
import { program, TextPrinted } from "./program";
import { packageVersion } from "./version";

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const output = new Output(words.includes("--json") ? "json" : "text");
  const interrupt = noteInterrupts(() => {
    output.complain("interrupted before it was done");
    output.finish();
  });
  let code: ExitCode = 2;
  try {
    const ended = (ends: ExitCode) => {
      code = ends;
    };
    await program(packageVersion(), { output, signal: interrupt.signal, ended }).parseAsync(words, {
      from: "user",
    });
  } catch (error) {
    if (error instanceof TextPrinted) return;
    output.complain(error);
    code = 2;
  }
  output.finish();
  process.exitCode = interrupt.exitCode ?? code;
}

/**
 * A reader of the output, such as `head`, may close it early. The command goes on and ends with its own exit code: it
 * may be in the middle of a change of a host. No command prints without end.
 */
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

void main();
