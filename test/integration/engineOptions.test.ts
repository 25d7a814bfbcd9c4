import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { fixtureProject } from "../engine/fixtureProject";
import { errors, Files, ops, step, succeeded } from "../engine/fixtures/fileStack";
import { openStack } from "../engine/stack";

describe("the deployment engine, with resource options", function () {
  this.timeout(180_000);
  let files: Files;

  beforeEach(async () => {
    files = await new Files().open();
  });

  afterEach(() => files.close());

  it("recognises a resource by its aliases, children by those of their parent", async () => {
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

  it("replaces what it is told to, without a word of the old state to the provider before", async () => {
    const declaration = [
      { name: "a", content: "x" },
      { name: "b", content: "y" },
    ];
    await files.declare(declaration);
    succeeded(await files.stack.up());
    files.journal();
    rmSync(join(files.directory, "checks"));
    const replaced = succeeded(await files.stack.up({ replace: ["::a"] }));
    expect(replaced.changes).to.deep.equal({ same: 2, replace: 1 });
    expect(files.journal()).to.deep.equal(["create a-1", "created a-1", "delete a-1"]);
    const checks = readFileSync(join(files.directory, "checks"), "utf8");
    expect(checks.split("\n").sort().join(" ").trim()).to.equal("a without olds b with olds");
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

  it("runs the file that main names, with the project's configuration, and refers to another stack", async () => {
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
});
