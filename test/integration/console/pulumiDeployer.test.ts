import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import type { Ran } from "../../../console/server/deploy/deployer";
import { PulumiDeployer } from "../../../console/server/deploy/pulumi";
import { inStagedProject } from "../../../console/server/deploy/staged";
import { failuresOf } from "../../../console/server/deploy/steps";
import { ProjectFiles } from "../../../console/server/program/projectFiles";
import { findCli } from "../../engine/cliStack";
import { skipForLackOf } from "../../lacking";
import { rejection } from "../../rejection";

/** A program that says what it reads: its own text, its configuration, a file beside it, one elsewhere, and where it runs. */
const program = (text: string) => `name: staged
runtime: yaml
backend: { url: "file://." }
config: { setting: { type: string } }
outputs:
  text: ${text}
  setting: \${setting}
  note:
    fn::readFile: ./note.txt
  shared:
    fn::readFile: ../shared.txt
  folder: \${pulumi.cwd}
`;

describe("the Pulumi CLI on the copy of a project", function () {
  this.timeout(60_000);
  let around: string;
  let folder: string;
  const variables = [
    "PULUMI_HOME",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_SKIP_UPDATE_CHECK",
    "PULUMI_BACKEND_URL",
  ];
  const kept = variables.map((name) => process.env[name]);
  const at = (name: string) => join(folder, name);
  const pulumi = async (...args: string[]) =>
    (await promisify(execFile)("pulumi", [...args, "--non-interactive"], { cwd: folder })).stdout;

  before(async function () {
    if ((await findCli("yaml")) === undefined) skipForLackOf(this, "the Pulumi CLI with its YAML runtime");
    around = await mkdtemp(join(tmpdir(), "taas-deployer-"));
    folder = join(around, "staged");
    await mkdir(folder);
    await writeFile(at("Pulumi.yaml"), program("first"));
    await writeFile(at("note.txt"), "a note");
    await writeFile(join(around, "shared.txt"), "shared");
    const values = [join(around, "home"), "", "true", undefined];
    for (const [index, name] of variables.entries()) set(name, values[index]);
    await pulumi("stack", "init", "prod", "--no-select");
    await pulumi("config", "set", "setting", "one", "--stack", "prod");
  });

  after(async () => {
    for (const [index, name] of variables.entries()) set(name, kept[index]);
    if (around !== undefined) await rm(around, { recursive: true, force: true });
  });

  function set(name: string, value: string | undefined): void {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }

  it("deploys what was read, leads where the project does, keeps the state there, and selects no stack", async () => {
    const deployer = await PulumiDeployer.open({ folder, stack: "prod" });
    const project = (await ProjectFiles.read(folder)).with("Pulumi.yaml", program("staged"));
    const empty = await deployer.state();
    const previewed = await inStagedProject(project, "discarded", (staged) => deployer.preview(staged));
    expect(previewed.succeeded, previewed.text).to.equal(true);
    expect(await deployer.state()).to.equal(empty);
    const names = (await readdir(folder)).sort();
    const ran = await inStagedProject(project, "kept", async (staged) => {
      await writeFile(at("Pulumi.yaml"), program("edited"));
      await writeFile(at("Pulumi.prod.yaml"), "config: { staged:setting: edited }\n");
      await writeFile(at("note.txt"), "edited");
      return deployer.up(staged, "a message");
    });
    expect(ran.succeeded, ran.text).to.equal(true);
    const outputs = JSON.parse(await pulumi("stack", "output", "--json", "--stack", "prod")) as object;
    expect(outputs).to.deep.equal({
      ...{ text: "staged", setting: "one", note: "a note", shared: "shared" },
      folder: join(around, ".staged-console"),
    });
    expect(await readFile(at("Pulumi.yaml"), "utf8")).to.equal(program("edited"));
    expect((await readdir(folder)).sort()).to.deep.equal(names);
    expect((await readdir(around)).sort()).to.deep.equal(["home", "shared.txt", "staged"]);
    expect(await readdir(join(around, "home", "workspaces")).catch(() => [])).to.deep.equal([]);
  });

  it("tells all that was printed of a run that failed, and what it says of that", async () => {
    const deployer = await PulumiDeployer.open({ folder, stack: "prod" });
    const failing = program("é").replace("./note.txt", "./missing.txt");
    const project = (await ProjectFiles.read(folder)).with("Pulumi.yaml", failing);
    const ran = await inStagedProject(project, "kept", (staged) => deployer.up(staged, "a message"));
    expect(ran.succeeded).to.equal(false);
    expect(ran.text).to.include("missing.txt");
    expect(JSON.stringify(failuresOf(ran.events))).to.include("missing.txt");
    expect(await readFile(at("Pulumi.yaml"), "utf8")).not.to.include("missing.txt");
  });

  it("tells whose lock has kept a run out, which keeps no preview out", async () => {
    const deployer = await PulumiDeployer.open({ folder, stack: "prod" });
    const project = (await ProjectFiles.read(folder)).with("Pulumi.yaml", program("locked"));
    const locks = at(".pulumi/locks/organization/staged/prod");
    await mkdir(locks, { recursive: true });
    const lock = { pid: 4711, username: "alice", hostname: "build1", timestamp: "2026-11-29T10:00:00Z" };
    await writeFile(join(locks, "1.json"), JSON.stringify(lock));
    try {
      const ran = await inStagedProject(project, "discarded", (staged) => deployer.up(staged, "a message"));
      expect(ran.lock).to.include({ by: "alice@build1", since: "2026-11-29T10:00:00Z" });
      expect(ran.reason).to.match(/^error: the stack is currently locked by 1 lock/);
      const previewed = await inStagedProject(project, "discarded", (staged) => deployer.preview(staged));
      expect(previewed.succeeded, previewed.text).to.equal(true);
    } finally {
      await rm(join(locks, "1.json"));
    }
  });

  it("takes what a run prints for no lock, and says in the CLI's own words why it failed", async () => {
    const deployer = await PulumiDeployer.open({ folder, stack: "prod" });
    const failing = program('"[409] Conflict"').replace("./note.txt", "./[409] Conflict.txt");
    const project = (await ProjectFiles.read(folder)).with("Pulumi.yaml", failing);
    const run = (work: (staged: string) => Promise<Ran>) => inStagedProject(project, "discarded", work);
    for (const ran of [
      await run((staged) => deployer.up(staged, "a message")),
      await run((staged) => deployer.preview(staged)),
    ]) {
      expect(ran.succeeded).to.equal(false);
      expect(ran.lock).to.equal(undefined);
      expect(ran.reason).not.to.match(/stdout:|code: /);
    }
    const refusal = await rejection(PulumiDeployer.open({ folder, stack: "typo" }));
    expect(refusal.message).to.match(/cannot be opened: error: no stack named 'typo' found\. Is pulumi/);
  });
});
