import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { fixtureProject, repositoryRoot } from "../engine/fixtureProject";
import type { RunResult } from "../engine/runResult";
import { openStack } from "../engine/stack";
import { type Lab, startLab } from "../lab/lab";
import { diffSnapshots } from "../lab/snapshot";

const root = repositoryRoot();
const tsconfig = readFileSync(join(root, "examples/quickstart/tsconfig.json"), "utf8");

/** The whole programs of a page, in order. */
function programs(page: string): string[] {
  const blocks = [...readFileSync(join(root, page), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)];
  return blocks.map(([, text]) => text!).filter((text) => text.startsWith("import "));
}

function succeed(result: RunResult): RunResult {
  expect(result.succeeded, result.text).to.equal(true);
  return result;
}

describe("programs of the documentation", function () {
  this.timeout(120_000);
  let lab: Lab;
  let workDir: string;

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
    rmSync(workDir, { recursive: true, force: true });
  });

  /** A program as a stack of its own, whose types are checked first. */
  async function open(program: string, stack: string) {
    const projectDir = fixtureProject({
      "Pulumi.yaml": "name: documentation\nruntime: nodejs\n",
      "tsconfig.json": tsconfig,
      "index.ts": program,
    });
    const options = { projectDir, stack, workDir, config: { "taas:sshConfig": lab.sshConfig } };
    const checked = await openStack(options);
    const quick = await openStack({ ...options, env: { PULUMI_NODEJS_TRANSPILE_ONLY: "true" } });
    return { checked, quick, close: () => rmSync(projectDir, { recursive: true, force: true }) };
  }

  for (const page of ["README.md", ...readdirSync(join(root, "docs")).map((name) => join("docs", name))]) {
    const all = programs(page);
    if (all.length === 0) continue;
    it(`${page}: ${all.length} are made, stable, and leave the hosts as they were`, async () => {
      const before = await Promise.all(lab.hosts.map((host) => host.snapshot()));
      for (const [index, program] of all.entries()) {
        // A program that refers to another stack goes on top of the one before it.
        const security = program.includes("StackReference")
          ? await open(all[index - 1]!, "security")
          : undefined;
        if (security !== undefined) succeed(await security.quick.up());
        const stack = await open(program, `program${index}`);
        succeed(await stack.checked.up());
        succeed(await stack.quick.preview({ expectNoChanges: true }));
        succeed(await stack.quick.destroy());
        stack.close();
        if (security === undefined) continue;
        succeed(await security.quick.destroy());
        security.close();
      }
      const now = await Promise.all(lab.hosts.map((host) => host.snapshot()));
      expect(lab.hosts.flatMap((_, index) => diffSnapshots(before[index]!, now[index]!))).to.deep.equal([]);
    });
  }
});
