import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCli } from "../test/engine/cliStack";
import { fixtureProject } from "../test/engine/fixtureProject";
import type { RunResult } from "../test/engine/runResult";
import { openStack, type Stack } from "../test/engine/stack";

/** Which engines there are to measure: the project's own, and the Pulumi CLI where it is installed. */
export async function engines(): Promise<("engine" | "cli")[]> {
  return (await findCli()) === undefined ? ["engine"] : ["engine", "cli"];
}

/** Does a piece of work with a stack of a program, given as the text of its index.ts or as its files; project and state go with it. */
export async function withStack<T>(
  program: string | Readonly<Record<string, string>>,
  options: { config: Record<string, unknown>; use: "engine" | "cli"; env?: Record<string, string> },
  work: (stack: Stack) => Promise<T>,
): Promise<T> {
  const projectDir = fixtureProject(typeof program === "string" ? { "index.ts": program } : program);
  const workDir = mkdtempSync(join(tmpdir(), "taas-state-"));
  try {
    return await work(await openStack({ projectDir, stack: "bench", workDir, ...options }));
  } finally {
    for (const path of [projectDir, workDir]) rmSync(path, { recursive: true, force: true });
  }
}

/** Milliseconds of a run, which must have succeeded. */
export function duration(result: RunResult): number {
  if (result.succeeded) return result.durationMs;
  const errors = result.diagnostics.filter(({ severity }) => severity === "error");
  throw new Error(`a run failed:\n${errors.map(({ message }) => message).join("\n")}`);
}

/** How all runs are made: as people run them, a line a resource. */
export const RUN = { display: "progress" } as const;
