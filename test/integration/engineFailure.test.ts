import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { errors, Files, projectDir, step, succeeded, waitFor } from "../engine/fixtures/fileStack";
import { openStack } from "../engine/stack";

describe("the deployment engine, when something fails", function () {
  this.timeout(180_000);
  let files: Files;

  beforeEach(async () => {
    files = await new Files().open();
  });

  afterEach(() => files.close());

  it("completes what is running when a resource fails, starts nothing more, and continues the next time", async () => {
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

  it("completes what is running when it is cancelled", async () => {
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

  it("leaves a record of what was running when it is killed, and reports it the next time", async () => {
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
