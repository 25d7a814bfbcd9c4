import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { OPERATOR } from "../../../console/server/roles/viewer";
import { until } from "../../console/client";
import { created } from "../../console/fakeDeployer";
import { AFTER, expectRefusal, FakeProject, PROGRAM } from "../../console/fakeProject";

describe("changes of the console", () => {
  let project: FakeProject;
  beforeEach(async () => {
    project = await FakeProject.create();
  });
  afterEach(() => project.delete());

  it("run what was previewed, on the program that was previewed", async () => {
    const preview = await project.previewed();
    expect(await readFile(project.file.path, "utf8")).to.equal(PROGRAM);
    expect(await readdir(dirname(project.file.folder))).to.deep.equal(["taps"]);
    const change = await project.confirmed(preview);
    expect(change).to.include({ outcome: "succeeded", by: "operator", what: "create service ids" });
    expect(project.deployer.done).to.deep.equal([`preview ${AFTER}`, `up ${AFTER}`]);
    expect(await readFile(project.file.path, "utf8")).to.equal(AFTER);
  });

  const moved: [string, () => Promise<void> | void][] = [
    ["the program", () => writeFile(project.file.path, `# edited\n${PROGRAM}`)],
    ["the configuration", () => writeFile(join(project.file.folder, "Pulumi.prod.yaml"), "config: {}\n")],
    [
      "the state",
      () => {
        project.deployer.stack = "other";
      },
    ],
    [
      "a host",
      () => {
        project.written = 2;
      },
    ],
  ];
  for (const [what, move] of moved) {
    it(`are previewed again when ${what} has changed, and run if the outcome is the same`, async () => {
      const preview = await project.previewed();
      await move();
      const change = await project.confirmed(preview);
      expect(change.outcome).to.equal("succeeded");
      expect(project.deployer.runs).to.deep.equal(["preview", "preview", "up"]);
    });

    it(`ask again when ${what} has changed and the outcome differs, and change nothing`, async () => {
      const preview = await project.previewed();
      await move();
      const program = await readFile(project.file.path, "utf8");
      project.deployer.rule = "second";
      const change = await project.confirmed(preview);
      expect(change.outcome).to.equal("outdated");
      expect(await readFile(project.file.path, "utf8")).to.equal(program);
      expect(project.deployer.done.some((line) => line.startsWith("up"))).to.equal(false);
      const next = await until(
        () => project.changes.previews.get(change.preview!, OPERATOR),
        ({ state }) => state === "ready",
      );
      expect(next.steps[0]!.step.rules).to.deep.equal([{ sign: "+", text: "second" }]);
      const again = await project.confirmed(next);
      expect(again.outcome).to.equal("succeeded");
    });
  }

  it("deploy what was previewed, whatever an editor writes once it is confirmed", async () => {
    const config = join(project.file.folder, "Pulumi.prod.yaml");
    await writeFile(config, "config: {}\n");
    const preview = await project.previewed();
    const edited = `${AFTER}# edited\n`;
    project.deployer.starting = async () => {
      await writeFile(project.file.path, edited);
      await writeFile(config, "config: { other: 1 }\n");
    };
    const change = await project.confirmed(preview);
    expect(change.outcome).to.equal("succeeded");
    expect(project.deployer.done).to.deep.equal([`preview ${AFTER}`, `up ${AFTER}`]);
    expect(project.deployer.configs).to.deep.equal(["config: {}\n", "config: {}\n"]);
    expect(await readFile(project.file.path, "utf8")).to.equal(edited);
    expect(await readFile(config, "utf8")).to.equal("config: { other: 1 }\n");
    const next = await project.previewed(OPERATOR, { kind: "apply" });
    expect(next.state).to.equal("ready");
    expect(project.deployer.done.at(-1)).to.equal(`preview ${edited}`);
  });

  it("preview what was read, also where the edit leaves the program as it is", async () => {
    project.deployer.starting = () => writeFile(project.file.path, "name: other\nruntime: yaml\n");
    await project.previewed(OPERATOR, { kind: "apply" });
    expect(project.deployer.done).to.deep.equal([`preview ${PROGRAM}`]);
  });

  it("are confirmed once, and by what was previewed last", async () => {
    const preview = await project.previewed();
    await expectRefusal(project.changes.confirm(preview.id, "0", OPERATOR), "changed");
    await project.changes.confirm(preview.id, preview.fingerprint!, OPERATOR);
    await expectRefusal(project.changes.confirm(preview.id, preview.fingerprint!, OPERATOR), "changed");
    await project.changes.idle();
  });

  it("leave a locked stack locked, say by whom, and restore the program", async () => {
    project.deployer.result = {
      succeeded: false,
      lock: { by: "alice@build1", since: "2026-11-29T10:00:00Z", text: "locked" },
    };
    const preview = await project.previewed();
    const change = await project.confirmed(preview);
    expect(change.error).to.include({ code: "locked" });
    expect(change.error!.message).to.include("alice@build1 since 2026-11-29T10:00:00Z");
    expect(await readFile(project.file.path, "utf8")).to.equal(PROGRAM);
    expect(
      project.events.some((event) => event.type === "lock" && event.lock?.by === "alice@build1"),
    ).to.equal(true);
  });

  it("say that the program keeps them where the stack is locked and somebody has edited the program", async () => {
    const preview = await project.previewed();
    project.deployer.result = { succeeded: false, lock: { by: "alice@build1", text: "locked" } };
    project.deployer.starting = () => writeFile(project.file.path, `${AFTER}# edited\n`);
    const change = await project.confirmed(preview);
    expect(change.error!.code).to.equal("locked");
    expect(change.error!.message).to.include("The program keeps the change");
    expect(await readFile(project.file.path, "utf8")).to.equal(`${AFTER}# edited\n`);
  });

  it("report that nobody has locked the stack once a run could start, for which a preview is no proof", async () => {
    const locks = () => project.events.flatMap((event) => (event.type === "lock" ? [event.lock?.by] : []));
    project.deployer.result = { succeeded: false, lock: { by: "alice@build1", text: "locked" } };
    await project.confirmed(await project.previewed());
    expect(locks().at(-1)).to.equal("alice@build1");
    const preview = await project.previewed();
    expect(locks().at(-1)).to.equal("alice@build1");
    project.deployer.result = {};
    await project.confirmed(preview);
    expect(locks().at(-1)).to.equal(undefined);
  });

  it("are saved without a run", async () => {
    const preview = await project.previewed();
    const change = await project.ended(await project.changes.save(preview.id, OPERATOR));
    expect(change.outcome).to.equal("saved");
    expect(await readFile(project.file.path, "utf8")).to.equal(AFTER);
    expect(project.deployer.done.some((line) => line.startsWith("up"))).to.equal(false);
  });

  const readied = async () => {
    const preview = await project.previewed();
    const change = await project.confirmed(preview);
    return { change, runs: project.deployer.runs };
  };
  const HOST = JSON.stringify([{ inputs: { host: { name: "host1", address: "192.0.2.11" } } }]);

  it("are previewed again when a host of the stack has changed that no step concerns, because a run repairs it", async () => {
    project.deployer.stack = HOST;
    project.deployer.events = () => [];
    const preview = await project.previewed();
    project.written = 2;
    await project.confirmed(preview);
    expect(project.deployer.runs).to.deep.equal(["preview", "preview", "up"]);
  });

  it("are previewed again when a host or the state has changed during the preview", async () => {
    project.deployer.stack = HOST;
    project.deployer.meanwhile = () => {
      project.written = 2;
    };
    expect((await readied()).runs).to.deep.equal(["preview", "preview", "up"]);
  });

  it("are not previewed anew because of a capture, which raises the host's generation", async () => {
    project.deployer.stack = HOST;
    const preview = await project.previewed();
    project.captures = 1;
    await project.confirmed(preview);
    expect(project.deployer.runs).to.deep.equal(["preview", "up"]);
  });

  it("ask anew when arguments are others, of which neither rules nor lines tell", async () => {
    const preview = await project.previewed();
    project.written = 2;
    const event = created("ids", "first");
    event.resourcePreEvent!.metadata.new!.inputs!.until = "2030-01-01T00:00:00Z";
    project.deployer.events = () => [event];
    const change = await project.confirmed(preview);
    expect(change.outcome).to.equal("outdated");
    await project.changes.idle();
  });

  it("report that a resource is done once its own step is, and not when a run only refreshes or reads it", async () => {
    const event = (op: string) => {
      const { metadata } = created("ids", "first").resourcePreEvent!;
      return { resOutputsEvent: { metadata: { ...metadata, op } } };
    };
    project.deployer.result = { succeeded: false };
    const doneAfter = async (...ops: string[]) => {
      project.deployer.told = ops.map(event);
      const { change } = await readied();
      await writeFile(project.file.path, PROGRAM);
      return change.steps.map(({ done }) => done);
    };
    expect(await doneAfter("refresh", "read")).to.deep.equal([false]);
    expect(await doneAfter("refresh", "update")).to.deep.equal([true]);
    expect(await doneAfter("delete-replaced", "replace")).to.deep.equal([false]);
    expect(await doneAfter("create-replacement", "replace")).to.deep.equal([true]);
  });

  it("report that a resource failed", async () => {
    const { metadata } = created("ids", "first").resourcePreEvent!;
    project.deployer.told = [{ resOpFailedEvent: { metadata } }];
    project.deployer.result = { succeeded: false };
    const { change } = await readied();
    expect(change.steps.map(({ done, error }) => [done, error])).to.deep.equal([[false, "it failed"]]);
  });
});
