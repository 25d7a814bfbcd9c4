import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { CheckpointResource } from "../engine/checkpoint";
import { fixtureProject, repositoryRoot } from "../engine/fixtureProject";
import { unknownValue } from "../engine/properties";
import type { RunResult, StepResult } from "../engine/runResult";
import { openStack, type Stack } from "../engine/stack";

const projectDir = join(repositoryRoot(), "test/engine/fixtures/files");

/** A stack of files: what is declared is made in `directory`, by operations that its journal tells of. */
class Files {
  readonly directory = mkdtempSync(join(tmpdir(), "taas-files-"));
  readonly workDir = mkdtempSync(join(tmpdir(), "taas-state-"));
  stack!: Stack;

  async open(): Promise<this> {
    this.stack = await openStack({ projectDir, stack: "test", workDir: this.workDir });
    return this;
  }

  config(resources: readonly object[], more: object = {}): Record<string, unknown> {
    return { "files:directory": this.directory, "files:resources": resources, ...more };
  }

  declare(resources: readonly object[], more: object = {}): Promise<void> {
    return this.stack.configure(this.config(resources, more));
  }

  /** What was done since the last time this was asked. */
  journal(): string[] {
    const path = join(this.directory, "journal");
    const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
    rmSync(path, { force: true });
    return lines;
  }

  get present(): string[] {
    return readdirSync(this.directory)
      .filter((name) => name.endsWith(".json"))
      .sort();
  }

  async state(): Promise<CheckpointResource[]> {
    return (await this.stack.exportState()).deployment.resources ?? [];
  }

  async find(name: string): Promise<CheckpointResource> {
    const found = (await this.state()).filter((resource) => resource.urn.endsWith(`::${name}`));
    expect(found, name).to.have.length(1);
    return found[0] as CheckpointResource;
  }

  close(): void {
    for (const path of [this.directory, this.workDir]) rmSync(path, { recursive: true, force: true });
  }
}

function ops(result: RunResult): string[] {
  return result.steps.map((step) => `${step.op} ${step.name}`);
}

function step(result: RunResult, op: string, name: string): StepResult {
  const found = result.steps.find((candidate) => candidate.op === op && candidate.name === name);
  if (!found) throw new Error(`no ${op} of ${name} among: ${ops(result).join(", ")}`);
  return found;
}

function errors(result: RunResult): string {
  return result.diagnostics
    .flatMap(({ severity, message }) => (severity === "error" ? [message] : []))
    .join("\n");
}

function succeeded(result: RunResult): RunResult {
  expect(errors(result)).to.equal("");
  expect(result.succeeded).to.equal(true);
  return result;
}

describe("the deployment engine", function () {
  this.timeout(180_000);
  let files: Files;

  beforeEach(async () => {
    files = await new Files().open();
  });

  afterEach(() => files.close());

  it("previews without doing, does in dependency order, and then finds nothing to do", async () => {
    await files.declare([
      { name: "a", content: ["x", "y"] },
      { name: "b", uses: ["a"] },
      { name: "c", content: "z", dependsOn: ["b"] },
    ]);

    const plan = succeeded(await files.stack.preview());
    expect(plan.changes).to.deep.equal({ create: 4 });
    expect(step(plan, "create", "b").changes).to.deep.include({
      path: "content",
      kind: "add",
      new: [unknownValue],
    });
    expect(plan.text).to.match(
      /^ {4}\+ pulumi-nodejs:dynamic\/test:File: \(create\)\n.*::a\]\n {8}content *: \[\n/m,
    );
    expect(plan.text).not.to.contain("__provider");
    expect(files.journal()).to.deep.equal([]);
    expect(await files.state()).to.deep.equal([]);

    const result = succeeded(await files.stack.up());
    expect(result.changes).to.deep.equal({ create: 4 });
    expect(files.journal()).to.deep.equal([
      ...["create a-1", "created a-1", "create b-1", "created b-1", "create c-1", "created c-1"],
    ]);
    const path = join(files.directory, "a-1.json");
    expect(step(result, "create", "a").new?.outputs).to.include({ path });
    const expected = ["a", "b", "c"].map((name) => join(files.directory, `${name}-1.json`));
    expect(await files.stack.outputs()).to.deep.equal({ paths: expected });

    const again = succeeded(await files.stack.preview({ expectNoChanges: true }));
    expect(again.changes).to.deep.equal({ same: 4 });
  });

  it("writes the state in the format of pulumi stack export, which it also reads", async () => {
    await files.declare([
      { name: "a", content: "x" },
      { name: "b", uses: ["a"] },
      { name: "s", content: "hidden", secret: true },
    ]);
    const result = succeeded(await files.stack.up());
    const exported = await files.stack.exportState();
    const resources = exported.deployment.resources ?? [];
    const named = (name: string) =>
      resources.find((resource) => resource.urn.endsWith(`::${name}`)) as CheckpointResource;
    const [root, provider] = resources as [CheckpointResource, CheckpointResource];
    const a = named("a");

    expect(exported.version).to.equal(3);
    expect(exported.deployment.manifest).to.have.all.keys("time", "magic", "version");
    expect(exported.deployment.pending_operations ?? []).to.deep.equal([]);
    expect(root.urn).to.equal("urn:pulumi:test::files::pulumi:pulumi:Stack::files-test");
    expect(provider.urn).to.equal("urn:pulumi:test::files::pulumi:providers:pulumi-nodejs::default");
    expect(a.urn).to.equal("urn:pulumi:test::files::pulumi-nodejs:dynamic/test:File::a");
    expect(provider).to.include({ custom: true, type: "pulumi:providers:pulumi-nodejs" });
    expect(provider.inputs?.["files:directory"]).to.equal(files.directory);
    const dependent = named("b");
    expect(dependent).to.deep.include({
      ...{ custom: true, id: "b-1", type: "pulumi-nodejs:dynamic/test:File", parent: root.urn },
      ...{ dependencies: [a.urn], provider: `${provider.urn}::${provider.id}` },
    });
    expect(dependent.propertyDependencies?.content).to.deep.equal([a.urn]);
    expect(dependent.propertyDependencies).to.have.property("__provider");
    expect(dependent.inputs).to.have.all.keys("__provider", "content", "directory", "key", "name");
    expect(dependent.outputs).to.have.all.keys("__provider", "content", "directory", "key", "name", "path");
    expect(new Date(dependent.created ?? "").getTime()).to.be.closeTo(Date.now(), 30_000);
    const secret = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      plaintext: '"hidden"',
    };
    expect(named("s").outputs?.content).to.deep.equal(secret);
    expect(JSON.stringify(result.steps)).not.to.contain("hidden");
    expect(readFileSync(join(files.directory, "s-1.json"), "utf8")).to.equal('"hidden"');

    await files.stack.importState(exported);
    succeeded(await files.stack.preview({ expectNoChanges: true }));
  });

  it("updates in place, replaces new-first or old-first, and lets dependents follow", async () => {
    const declaration = (a: object) => [
      { name: "a", content: ["x", "y"], ...a },
      { name: "b", uses: ["a"] },
      { name: "c", content: "z", dependsOn: ["b"] },
      { name: "d", content: "z", keyOf: "a" },
    ];
    await files.declare(declaration({}));
    succeeded(await files.stack.up());
    files.journal();

    await files.declare(declaration({ content: ["x", "Y", "z"] }));
    const update = succeeded(await files.stack.up());
    expect(update.changes).to.deep.equal({ same: 4, update: 1 });
    expect(step(update, "update", "a").changes).to.deep.equal([
      { path: "content[1]", kind: "update", old: "y", new: "Y" },
      { path: "content[2]", kind: "add", new: "z" },
    ]);
    expect(update.text).to.contain('          ~ [1]: "y" => "Y"\n          + [2]: "z"\n');
    expect(files.journal()).to.deep.equal(["update a-1"]);

    await files.declare(declaration({ content: "x", key: "2" }));
    const newFirst = succeeded(await files.stack.up());
    expect(newFirst.changes).to.deep.equal({ same: 2, replace: 2, update: 1 });
    expect(step(newFirst, "replace", "a").replaceKeys).to.deep.equal(["key"]);
    const done = files.journal();
    expect(done.slice(0, 2)).to.deep.equal(["create a-2", "created a-2"]);
    expect(done.slice(2, 5)).to.have.members(["update b-1", "create d-2", "created d-2"]);
    expect(done.slice(5)).to.deep.equal(["delete d-1", "delete a-1"]);
    expect(readFileSync(join(files.directory, "checks"), "utf8")).to.match(/a with olds\na without olds\n/);

    await files.declare(declaration({ content: "x", key: "3", deleteFirst: true }));
    const plan = succeeded(await files.stack.preview());
    expect(plan.changes).to.deep.equal({ same: 2, replace: 2, update: 1 });
    expect(files.journal()).to.deep.equal([]);
    const oldFirst = succeeded(await files.stack.up());
    expect(oldFirst.changes).to.deep.equal({ same: 2, replace: 2, update: 1 });
    const order = files.journal();
    expect(order.slice(0, 4)).to.deep.equal(["delete d-2", "delete a-2", "create a-3", "created a-3"]);
    expect(order.slice(4)).to.have.members(["update b-1", "create d-3", "created d-3"]);
    expect(files.present).to.deep.equal(["a-3.json", "b-1.json", "c-1.json", "d-3.json"]);
  });

  it("finishes what runs when a resource fails, begins nothing more, and goes on the next time", async () => {
    const declaration = (bad: object, half: object) => [
      { name: "slow", content: "x", delay: 400 },
      { name: "half", content: "x", ...half },
      { name: "bad", content: "x", delay: 100, ...bad },
      { name: "after", uses: ["bad"] },
    ];
    await files.declare(declaration({ fail: "create" }, {}));
    const failed = await files.stack.up();
    expect(failed.succeeded).to.equal(false);
    expect(errors(failed)).to.contain("cannot create bad-1");
    expect(step(failed, "create", "bad").failed).to.equal(true);
    expect(files.journal()).to.include("created slow-1").and.not.include("create after-1");
    expect((await files.state()).map((resource) => resource.id ?? "").slice(2)).to.have.members([
      "half-1",
      "slow-1",
    ]);

    await files.declare(declaration({}, { content: "y", fail: "partial" }));
    const partial = await files.stack.up();
    expect(errors(partial)).to.contain("half-1 lacks a part");
    const half = await files.find("half");
    expect(half.initErrors).to.deep.equal(["half-1 lacks a part"]);
    expect([half.inputs?.content, half.outputs?.content]).to.deep.equal(["x", "y"]);

    await files.declare(declaration({}, { content: "y" }));
    files.journal();
    const recovered = succeeded(await files.stack.up());
    expect(recovered.changes.update).to.equal(1);
    expect(files.journal()).to.include("update half-1");
    expect((await files.find("half")).initErrors ?? []).to.deep.equal([]);
    succeeded(await files.stack.preview({ expectNoChanges: true }));
  });

  it("keeps a resource that was created and did not complete, and deletes nothing when the program fails", async () => {
    await files.declare([{ name: "a", content: "x", fail: "partial" }]);
    expect((await files.stack.up()).succeeded).to.equal(false);
    expect(await files.find("a")).to.deep.include({ id: "a-1", initErrors: ["a-1 lacks a part"] });

    await files.declare([], { "files:fail": true });
    const failed = await files.stack.up();
    expect(errors(failed)).to.contain("the program fails");
    expect(files.present).to.deep.equal(["a-1.json"]);

    await files.declare([{ name: "a", content: "x", fail: "check" }]);
    expect(errors(await files.stack.preview())).to.match(
      /File resource 'a'.* content .*has a problem: is refused/,
    );

    await files.declare([
      { name: "a", content: "x" },
      { name: "a", content: "y" },
    ]);
    expect(errors(await files.stack.preview())).to.contain("Duplicate resource URN");
    expect(await files.find("a")).to.deep.include({ id: "a-1" });
  });

  it("knows a resource by its aliases, children by those of their parent", async () => {
    await files.declare([
      { name: "group", component: true },
      { name: "group-a", content: "x", parent: "group" },
      { name: "b", content: "x", parent: "group" },
    ]);
    succeeded(await files.stack.up());
    expect((await files.find("group")).outputs).to.deep.equal({ label: "group group" });
    expect((await files.find("b")).urn).to.contain("::test:index:Group$pulumi-nodejs:dynamic/test:File::b");
    files.journal();

    await files.declare([
      { name: "crew", component: true, options: { aliases: [{ name: "group" }] } },
      { name: "crew-a", content: "x", parent: "crew" },
      {
        name: "c",
        content: "y",
        options: { aliases: [{ name: "b", parent: "urn:pulumi:test::files::test:index:Group::group" }] },
      },
    ]);
    const renamed = succeeded(await files.stack.up());
    expect(renamed.changes).to.deep.equal({ same: 3, update: 1 });
    expect(files.journal()).to.deep.equal(["update b-1"]);
    const names = (await files.state()).map((resource) => resource.urn.split("::").pop());
    expect(names).to.have.members(["files-test", "default", "crew", "crew-a", "c"]);
    expect((await files.find("crew-a")).parent).to.equal((await files.find("crew")).urn);
    expect((await files.find("crew-a")).aliases ?? []).to.deep.equal([]);
    expect((await files.find("c")).urn).to.contain("::files::pulumi-nodejs:dynamic/test:File::c");
    expect(readFileSync(join(files.directory, "checks"), "utf8")).to.contain("c with olds\n");
  });

  it("takes over what a refresh finds and repairs it, then destroys dependents first", async () => {
    const declaration = [
      { name: "a", content: "x" },
      { name: "b", uses: ["a"] },
      { name: "c", content: "z" },
    ];
    await files.declare(declaration);
    succeeded(await files.stack.up());
    writeFileSync(join(files.directory, "a-1.json"), '"changed"');
    rmSync(join(files.directory, "c-1.json"));
    files.journal();

    const refreshed = succeeded(await files.stack.refresh());
    expect(refreshed.changes).to.deep.equal({ same: 2, update: 1, delete: 1 });
    expect(step(refreshed, "update", "a").changes).to.deep.equal([
      { path: "content", kind: "update", old: "x", new: "changed" },
    ]);
    const ids = (await files.state()).flatMap((resource) =>
      resource.id?.endsWith("-1") ? [resource.id] : [],
    );
    expect(ids).to.deep.equal(["a-1", "b-1"]);

    const repaired = succeeded(await files.stack.up());
    expect(repaired.changes).to.deep.equal({ same: 2, update: 1, create: 1 });
    expect(readFileSync(join(files.directory, "a-1.json"), "utf8")).to.equal('"x"');

    files.journal();
    writeFileSync(join(files.directory, "stuck"), "");
    const stuck = await files.stack.destroy();
    expect(errors(stuck)).to.contain("cannot delete");
    expect((await files.find("a")).id).to.equal("a-1");
    rmSync(join(files.directory, "stuck"));
    files.journal();
    succeeded(await files.stack.destroy());
    const order = files.journal();
    expect(order.indexOf("delete b-1")).to.be.lessThan(order.indexOf("delete a-1"));
    expect(files.present).to.deep.equal([]);
    expect(await files.state()).to.deep.equal([]);
  });

  it("honours protect, retainOnDelete, deletedWith and ignoreChanges", async () => {
    const kept = { name: "kept", content: "x", options: { retainOnDelete: true } };
    const owner = { name: "owner", content: "x" };
    const part = { name: "part", content: "x", deletedWith: "owner" };
    const locked = { name: "locked", content: "x", options: { protect: true } };
    await files.declare([kept, owner, part, locked]);
    succeeded(await files.stack.up());
    files.journal();

    await files.declare([]);
    const refused = await files.stack.up();
    expect(errors(refused)).to.contain("cannot be deleted").and.contain("protected");
    expect((await files.find("locked")).protect).to.equal(true);
    expect(files.journal()).to.deep.equal(["delete owner-1"]);
    expect(files.present).to.deep.equal(["kept-1.json", "locked-1.json", "part-1.json"]);

    await files.declare([{ ...locked, content: "y", options: { ignoreChanges: ["content"] } }]);
    expect(succeeded(await files.stack.up()).changes).to.deep.equal({ same: 2 });
    succeeded(await files.stack.destroy());
  });

  it("looks up what it does not own, and never deletes it", async () => {
    writeFileSync(join(files.directory, "theirs-1.json"), '"theirs"');
    await files.declare([
      { name: "theirs", options: { id: "theirs-1" } },
      { name: "mine", uses: ["theirs"] },
    ]);
    const result = succeeded(await files.stack.up());
    expect(ops(result)).to.include("read theirs");
    expect(await files.find("theirs")).to.deep.include({ id: "theirs-1", external: true });
    const path = join(files.directory, "theirs-1.json");
    expect((await files.find("mine")).inputs?.content).to.deep.equal([path]);
    succeeded(await files.stack.destroy());
    expect(files.present).to.deep.equal(["theirs-1.json"]);
  });

  it("runs what main names, with the project's configuration, and refers to another stack", async () => {
    const sourceDir = fixtureProject({
      "Pulumi.yaml": [
        ...["name: source", "runtime: nodejs", "main: program"],
        ...["config:", "  greeting:", "    type: string", "    default: hello"],
      ].join("\n"),
      "program/package.json": '{ "name": "source", "main": "index.ts" }',
      "program/tsconfig.json":
        '{ "compilerOptions": { "target": "ES2022", "module": "nodenext", "noCheck": true } }',
      "program/index.ts": `
        import * as pulumi from "@pulumi/pulumi";
        const config = new pulumi.Config();
        export const said: { greeting: string; to: string[] } = {
          greeting: config.require("greeting"),
          to: config.requireObject<string[]>("to"),
        };`,
    });
    const targetDir = fixtureProject({
      "index.ts": `
        import * as pulumi from "@pulumi/pulumi";
        const source = new pulumi.StackReference("organization/source/dev");
        export const heard = source.requireOutput("said");`,
    });
    const { workDir } = files;
    const source = await openStack({ projectDir: sourceDir, stack: "dev", workDir, config: { to: ["all"] } });
    succeeded(await source.up());
    const target = await openStack({ projectDir: targetDir, stack: "dev", workDir });
    succeeded(await target.up());
    expect(await target.outputs()).to.deep.equal({ heard: { greeting: "hello", to: ["all"] } });
    for (const path of [sourceDir, targetDir]) rmSync(path, { recursive: true });
  });

  it("finishes what runs when it is cancelled", async () => {
    await files.declare([
      { name: "a", content: "x", delay: 1000 },
      { name: "b", uses: ["a"] },
    ]);
    const abort = new AbortController();
    const running = files.stack.up({ signal: abort.signal });
    await waitFor(() => existsSync(join(files.directory, "journal")));
    abort.abort();
    const result = await running;
    expect(result.succeeded).to.equal(false);
    expect(files.journal()).to.deep.equal(["create a-1", "created a-1"]);
    expect((await files.find("a")).id).to.equal("a-1");
  });

  it("leaves a record of what ran when it is killed, and says so the next time", async () => {
    const state = join(files.workDir, "killed.json");
    const config = join(files.workDir, "config.json");
    writeFileSync(config, JSON.stringify(files.config([{ name: "a", content: "x", delay: 90_000 }])));
    const cli = join(__dirname, "../engine/cli.js");
    const args = ["up", "--project", projectDir, "--stack", "test", "--use", "engine"];
    const engine = spawn(process.execPath, [cli, ...args, "--state", state, "--config-json", config], {
      stdio: "ignore",
    });
    await waitFor(() => existsSync(join(files.directory, "journal")));
    const children = readFileSync(`/proc/${engine.pid}/task/${engine.pid}/children`, "utf8")
      .trim()
      .split(" ");
    engine.kill("SIGKILL");
    for (const pid of children) process.kill(Number(pid), "SIGKILL");

    const killed = JSON.parse(readFileSync(state, "utf8"));
    expect(killed.deployment.pending_operations).to.have.length(1);
    expect(killed.deployment.pending_operations[0]).to.have.property("type", "creating");
    expect(killed.deployment.pending_operations[0].resource.urn).to.match(/::a$/);

    const stack = await openStack({
      ...{ projectDir, stack: "test", stateFile: state, use: "engine" },
      config: files.config([{ name: "a", content: "x" }]),
    });
    const result = succeeded(await stack.up());
    expect(result.changes).to.deep.equal({ same: 1, create: 1 });
    const warning = result.diagnostics.find((message) => message.severity === "warning");
    expect(warning?.message)
      .to.contain("1 pending operations")
      .and.contain("::a, interrupted while creating");
    expect((await stack.exportState()).deployment.pending_operations).to.have.length(1);
    succeeded(await stack.refresh({ clearPendingCreates: true }));
    expect((await stack.exportState()).deployment.pending_operations ?? []).to.deep.equal([]);
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("it did not happen within 60 seconds");
    await sleep(20);
  }
}
