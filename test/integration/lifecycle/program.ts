import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { fixtureProject } from "../../engine/fixtureProject";
import type { RunResult, StepResult } from "../../engine/runResult";
import { openStack, type Stack } from "../../engine/stack";

/** A program of a test and its stack. */
export interface Program {
  stack: Stack;
  /** Removes the program and the state. */
  remove(): void;
}

/** Opens a stack of a program, given as the text of its index.ts without the imports. Its project is called `fixture`. */
export function openProgram(text: string, config: Record<string, unknown>, name = "test"): Promise<Program> {
  const imports = `import * as pulumi from "@pulumi/pulumi";
import { MirrorTunnel, TapFlow, TapService } from "pulumi-taas";
const config = new pulumi.Config();
`;
  return openFiles({ "index.ts": imports + text }, config, name);
}

/** Opens a stack of a program, given as its files. */
export async function openFiles(
  files: Readonly<Record<string, string>>,
  config: Record<string, unknown>,
  name = "test",
): Promise<Program> {
  const projectDir = fixtureProject(files);
  const workDir = mkdtempSync(join(tmpdir(), "taas-state-"));
  const stack = await openStack({ projectDir, stack: name, config, workDir });
  return {
    stack,
    remove: () => {
      for (const path of [projectDir, workDir]) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** The run, which must have succeeded. */
export function succeeded(result: RunResult): RunResult {
  const errors = result.diagnostics.filter(({ severity }) => severity === "error");
  expect(errors.map(({ message }) => message).join("\n")).to.equal("");
  expect(result.succeeded).to.equal(true);
  return result;
}

/** What a run did to a resource of a name. */
export function stepOf(result: RunResult, name: string): StepResult {
  const step = result.steps.find((candidate) => candidate.name === name);
  if (step === undefined) throw new Error(`${name} is not among ${result.steps.map((one) => one.name)}`);
  return step;
}
