import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { fixtureProject, repositoryRoot } from "../engine/fixtureProject";
import type { RunResult } from "../engine/runResult";
import { openStack, type Stack } from "../engine/stack";
import { type Lab, startLab } from "../lab/lab";
import { sampleOf } from "../sample";
import { allPages, programs } from "./documentation/pages";
import { Baseline } from "./faults/hosts";

const root = repositoryRoot();
const tsconfig = readFileSync(join(root, "examples/quickstart/tsconfig.json"), "utf8");
const pages = allPages();

function succeed(result: RunResult): void {
  expect(result.succeeded, result.text).to.equal(true);
}

describe("programs of the documentation", function () {
  this.timeout(300_000);
  let lab: Lab;
  let workDir: string;
  const projects: string[] = [];

  before(async () => {
    workDir = mkdtempSync(join(tmpdir(), "taas-state-"));
    lab = await startLab({
      hosts: 3,
      vms: [
        { name: "web", host: 1 },
        { name: "ids", host: 2 },
        { name: "audit", host: 2 },
        { name: "db", host: 3 },
      ],
    });
  });
  after(async () => {
    await lab?.stop();
    for (const path of [workDir, ...projects]) rmSync(path, { recursive: true, force: true });
  });

  function open(program: string, stack: string): Promise<Stack> {
    const projectDir = fixtureProject({
      "Pulumi.yaml": "name: documentation\nruntime: nodejs\n",
      "index.ts": program,
    });
    projects.push(projectDir);
    const config = { "taas:sshConfig": lab.sshConfig };
    return openStack({ projectDir, stack, workDir, config });
  }

  it("are correct TypeScript", () => {
    const files = pages.flatMap((page) =>
      programs(page, "ts").map((program, index) => [`${page.replaceAll("/", "-")}-${index + 1}.ts`, program]),
    );
    const projectDir = fixtureProject({ "tsconfig.json": tsconfig, ...Object.fromEntries(files) });
    projects.push(projectDir);
    const { options, fileNames } = ts.parseJsonConfigFileContent(JSON.parse(tsconfig), ts.sys, projectDir);
    expect(fileNames).to.have.length.greaterThan(8);
    const found = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options));
    expect(
      found.map(({ file, messageText }) => `${file?.fileName}: ${JSON.stringify(messageText)}`),
    ).to.deep.equal([]);
  });

  const every = pages.flatMap((page) =>
    programs(page, "ts").map((program, index, all) => ({ page, program, index, all })),
  );
  for (const { page, program, index, all } of sampleOf(every, 5)) {
    it(`of ${page}, number ${index + 1}: is created, and leaves the hosts as they were`, async () => {
      const before = await Baseline.of(lab);
      // A program that refers to another stack goes on top of the one before it.
      const below = program.includes("StackReference") ? await open(all[index - 1]!, "security") : undefined;
      if (below !== undefined) succeed(await below.up());
      const stack = await open(program, "program");
      succeed(await stack.up());
      succeed(await stack.destroy());
      if (below !== undefined) succeed(await below.destroy());
      expect(await before.differences()).to.deep.equal([]);
    });
  }
});
