import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { CheckpointResource } from "../engine/checkpoint";
import { Files, step, succeeded } from "../engine/fixtures/fileStack";
import { unknownValue } from "../engine/properties";

describe("the deployment engine", function () {
  this.timeout(180_000);
  let files: Files;

  beforeEach(async () => {
    files = await new Files().open();
  });

  afterEach(() => files.close());

  it("previews without an effect, creates in dependency order, and then finds nothing to do", async () => {
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
});
