import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { fixtureProject } from "../../engine/fixtureProject";
import type { RunResult, StepResult } from "../../engine/runResult";
import { openStack, type Stack, type StackOptions } from "../../engine/stack";
import { sampleOf } from "../../sample";
import { LANGUAGES, type Language } from "./languages";

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

/** Opens a stack of a program, given as its files. `use`: what deploys it, see `StackOptions`. */
export async function openFiles(
  files: Readonly<Record<string, string>>,
  config: Record<string, unknown>,
  name = "test",
  use?: StackOptions["use"],
): Promise<Program> {
  const projectDir = fixtureProject(files);
  const workDir = mkdtempSync(join(tmpdir(), "taas-state-"));
  const stack = await openStack({ projectDir, stack: name, config, workDir, use });
  return {
    stack,
    remove: () => {
      for (const path of [projectDir, workDir]) rmSync(path, { recursive: true, force: true });
    },
  };
}

/**
 * Declares tests for a program in each language: all that they say holds for both faces of the provider. The usual sample has one of them,
 * another with every seed and title.
 */
export function inEachLanguage(title: string, tests: (language: Language) => void): void {
  const languages = Object.keys(LANGUAGES) as Language[];
  for (const language of sampleOf(languages, 1, languages.length, title.length)) {
    describe(`${title}, in ${language}`, function () {
      this.timeout(300_000);
      tests(language);
    });
  }
}

/** A program in some language, given as the text of a YAML program without its head. Its project is called `fixture`. */
export class WrittenProgram implements Program {
  private constructor(
    private readonly language: Language,
    /** Where Pulumi.yaml and the state are. */
    readonly places: { readonly projectDir: string; readonly workDir: string },
    private readonly name: string,
    private configured: Record<string, unknown>,
    private opened: Stack,
  ) {}

  /** Opens a stack of a program. */
  static async open(
    language: Language,
    text: string,
    config: Record<string, unknown>,
    name = "test",
  ): Promise<WrittenProgram> {
    const projectDir = fixtureProject(LANGUAGES[language](text));
    const workDir = mkdtempSync(join(tmpdir(), "taas-state-"));
    const stack = await openStack({ projectDir, stack: name, config, workDir });
    return new WrittenProgram(language, { projectDir, workDir }, name, config, stack);
  }

  /** The stack's configuration. */
  get config(): Readonly<Record<string, unknown>> {
    return this.configured;
  }

  get stack(): Stack {
    return this.opened;
  }

  /** Gives the stack another program, and another configuration if one is given. */
  async become(text: string, config = this.configured): Promise<void> {
    for (const [file, content] of Object.entries(LANGUAGES[this.language](text)))
      writeFileSync(join(this.places.projectDir, file), content);
    this.configured = config;
    this.opened = await openStack({ ...this.places, stack: this.name, config });
  }

  remove(): void {
    for (const place of Object.values(this.places)) rmSync(place, { recursive: true, force: true });
  }
}

/** The run, which must have succeeded. */
export function succeeded(result: RunResult): RunResult {
  expect(errorsOf(result)).to.equal("");
  expect(result.succeeded).to.equal(true);
  return result;
}

/** The errors that a run told of. */
export function errorsOf({ diagnostics }: RunResult): string {
  const wrong = diagnostics.filter(({ severity }) => severity === "error");
  return wrong.map(({ message }) => message).join("\n");
}

/** What a run did to a resource of a name. */
export function stepOf(result: RunResult, name: string): StepResult {
  const step = result.steps.find((candidate) => candidate.name === name);
  if (step === undefined) throw new Error(`${name} is not among ${result.steps.map((one) => one.name)}`);
  return step;
}
