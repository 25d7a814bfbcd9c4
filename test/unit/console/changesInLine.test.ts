import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { OPERATOR, type Viewer } from "../../../console/server/roles/viewer";
import { until } from "../../console/client";
import { AFTER, EDIT, expectRefusal, FakeProject, PROGRAM } from "../../console/fakeProject";

const BOB: Viewer = { user: "bob", role: "admin", ports: [] };

describe("changes of the console, one after another", () => {
  let project: FakeProject;
  beforeEach(async () => {
    project = await FakeProject.create();
  });
  afterEach(() => project.delete());

  /** Two changes of two people, confirmed in this order. */
  async function confirmTwo(): Promise<[string, string]> {
    const first = await project.previewed();
    const second = await project.previewed(BOB, { ...EDIT, name: "other" });
    const one = await project.changes.confirm(first.id, first.fingerprint!, OPERATOR);
    const two = await project.changes.confirm(second.id, second.fingerprint!, BOB);
    return [one, two];
  }

  it("wait for a running one, and say whose it is", async () => {
    const open = project.deployer.closeGate();
    const [one, two] = await confirmTwo();
    const waiting = await until(
      () => project.changes.get(two, OPERATOR),
      ({ waitsFor }) => waitsFor !== undefined,
    );
    expect(waiting.waitsFor).to.match(/^operator: create service ids, since /);
    expect(project.changes.get(one, OPERATOR).outcome).to.equal("running");
    expect(project.changes.get(two, OPERATOR).outcome).to.equal("waiting");
    open();
    await project.changes.idle();
    expect(project.changes.get(one, OPERATOR).outcome).to.equal("succeeded");
    expect(project.changes.get(two, OPERATOR).outcome).to.equal("succeeded");
    expect(await readFile(project.file.path, "utf8")).to.include("  other:\n");
  });

  it("do not begin once the console ends, if they wait: they fail, and the program stays without them", async () => {
    const open = project.deployer.closeGate();
    const [one, two] = await confirmTwo();
    const third = await project.changes.previews.begin({ ...EDIT, name: "third" }, OPERATOR);
    await until(
      () => project.deployer.runs,
      (runs) => runs.includes("up"),
    );
    const ended = project.changes.end();
    open();
    await ended;
    expect(project.changes.get(one, OPERATOR).outcome).to.equal("succeeded");
    const why = { code: "interrupted", message: "the console ended before this ran", hint: "Preview again" };
    expect(project.changes.get(two, OPERATOR)).to.deep.include({ outcome: "failed", error: why });
    expect(project.changes.previews.get(third, OPERATOR)).to.deep.include({ state: "failed", error: why });
    expect(project.deployer.runs).to.deep.equal(["preview", "preview", "up"]);
    expect(await readFile(project.file.path, "utf8")).to.equal(AFTER);
    // It is stored as it has ended.
    const next = project.open();
    await next.open();
    expect(next.get(two, OPERATOR).error).to.deep.equal(why);
  });

  it("are not written once the console ends while they are previewed again", async () => {
    const preview = await project.previewed();
    project.written = 2;
    project.deployer.meanwhile = () => void project.changes.end();
    const change = await project.confirmed(preview);
    expect(change.error!.code).to.equal("interrupted");
    expect(project.deployer.runs).to.deep.equal(["preview", "preview"]);
    expect(await readFile(project.file.path, "utf8")).to.equal(PROGRAM);
  });

  it("are not saved into the program while a run may still read it", async () => {
    const open = project.deployer.closeGate();
    const saved = await project.previewed(BOB, { ...EDIT, name: "other" });
    const first = await project.previewed();
    const id = await project.changes.confirm(first.id, first.fingerprint!, OPERATOR);
    await until(
      () => project.deployer.done,
      (done) => done.some((line) => line.startsWith("up")),
    );
    await expectRefusal(project.changes.save(saved.id, BOB), "changed");
    expect(await readFile(project.file.path, "utf8")).to.equal(AFTER);
    open();
    await project.ended(id);
    await project.changes.save(saved.id, BOB);
    expect(await readFile(project.file.path, "utf8")).to.include("  other:\n");
  });
});
