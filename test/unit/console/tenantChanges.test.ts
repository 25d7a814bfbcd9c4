import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import type { Event } from "../../../console/api";
import { changeFor, summaryOfChange } from "../../../console/server/changes/record";
import type { Ran } from "../../../console/server/deploy/deployer";
import { programResources, readProgram } from "../../../console/server/program/program";
import { eventFor, OPERATOR, type Viewer } from "../../../console/server/roles/viewer";
import { created } from "../../console/fakeDeployer";
import { expectRefusal, FakeProject } from "../../console/fakeProject";

const TENANT: Viewer = { user: "tim", role: "tenant", tenant: "blue", ports: [] };
const BOB: Viewer = { user: "bob", role: "admin", ports: [] };

/** The owner key of the first resource of a program. */
function ownerIn(program: string): string | undefined {
  return programResources(readProgram(program), { organization: "acme", stack: "prod" })[0]?.owner;
}

describe("changes of the console", () => {
  let project: FakeProject;
  beforeEach(async () => {
    project = await FakeProject.create();
  });
  afterEach(() => project.delete());

  it("of a tenant wait for another person where that is asked for", async () => {
    project.open(true);
    project.deployer.events = () => [created("web", "first", "blue")];
    const preview = await project.previewed(TENANT, { kind: "apply" });
    const id = await project.changes.confirm(preview.id, preview.fingerprint!, TENANT);
    expect(project.changes.get(id, TENANT).outcome).to.equal("awaiting-approval");
    await expectRefusal(project.changes.decide(id, "approve", TENANT), "forbidden");
    await project.changes.decide(id, "approve", BOB);
    expect(await project.ended(id)).to.include({ outcome: "succeeded", approvedBy: "bob" });
  });

  it("of a tenant wait for another person where they would do something with what is others'", async () => {
    project.deployer.events = () => [created("web", "first", "blue"), created("ids", "first", "red")];
    const preview = await project.previewed(TENANT, { kind: "apply" });
    const id = await project.changes.confirm(preview.id, preview.fingerprint!, TENANT);
    expect(project.changes.get(id, TENANT).outcome).to.equal("awaiting-approval");
    await project.changes.decide(id, "reject", BOB);
    expect(project.changes.get(id, TENANT).outcome).to.equal("rejected");
    expect(project.deployer.done.some((line) => line.startsWith("up"))).to.equal(false);
  });

  it("of others are not a tenant's to see, confirm, discard or save", async () => {
    const preview = await project.previewed();
    const red: Viewer = { user: "rita", role: "tenant", tenant: "red", ports: [] };
    const own = await project.previewed(TENANT, { kind: "apply" });
    for (const { id, fingerprint } of [preview, own]) {
      expect(() => project.changes.previews.get(id, red)).to.throw("there is no such preview");
      expect(() => project.changes.previews.discard(id, red)).to.throw("there is no such preview");
      await expectRefusal(project.changes.confirm(id, fingerprint!, red), "not-found");
      await expectRefusal(project.changes.save(id, red), "not-found");
      expect(project.changes.isSeen(id, red)).to.equal(false);
    }
    const id = await project.changes.confirm(preview.id, preview.fingerprint!, OPERATOR);
    expect(() => project.changes.get(id, red)).to.throw("there is no such change");
    await project.changes.idle();
  });

  it("are approved and rejected however many previews others have asked for since", async () => {
    project.open(true);
    const preview = await project.previewed(TENANT, { kind: "apply" });
    const id = await project.changes.confirm(preview.id, preview.fingerprint!, TENANT);
    for (let count = 0; count < 101; count += 1) {
      await project.changes.previews.begin({ kind: "apply" }, OPERATOR);
      await project.changes.idle();
    }
    await project.changes.decide(id, "approve", BOB);
    expect(await project.ended(id)).to.include({ outcome: "succeeded" });
  });

  it("are refused to who has ten previews that have not ended", async () => {
    const begin = (viewer: Viewer) => project.changes.previews.begin({ kind: "apply" }, viewer);
    const first = await Promise.all(Array.from({ length: 10 }, () => begin(TENANT)));
    expect(new Set(first).size).to.equal(10);
    await expectRefusal(begin(TENANT), "too-many");
    await begin(BOB);
    await project.changes.idle();
    await begin(TENANT);
    await project.changes.idle();
  });

  it("tell a tenant neither whose run they wait for nor what Pulumi says of a failure", async () => {
    project.deployer.events = () => [created("web", "first", "blue")];
    const preview = await project.previewed(TENANT, { kind: "apply" });
    const failures: Partial<Ran>[] = [
      { lock: { by: "alice@build1", since: "2026-11-29T10:00:00Z", text: "locked by alice@build1" } },
      { events: [{ diagnosticEvent: { severity: "error", message: "tap red-web of alice failed" } }] },
    ];
    for (const [index, failure] of failures.entries()) {
      project.deployer.result = { succeeded: false, ...failure };
      const each = index === 0 ? preview : await project.previewed(TENANT, { kind: "apply" });
      const change = await project.confirmed(each, TENANT);
      const told = { ...change, waitsFor: "alice: create tap red-web, since 10:00:00 UTC" };
      expect(JSON.stringify(changeFor(OPERATOR, told))).to.include("alice");
      expect(JSON.stringify(changeFor(TENANT, told))).not.to.match(/alice|red-web/);
    }
    const waitsFor = "alice: create tap red-web, since 10:00:00 UTC";
    const rows = { taps: [], services: [] };
    for (const event of [
      { type: "preview", id: preview.id, state: "waiting", waitsFor },
      { type: "change", put: summaryOfChange({ ...project.changes.all[0]!, waitsFor }) },
    ] as Event[]) {
      expect(JSON.stringify(eventFor(OPERATOR, event, rows, () => true))).to.include("alice");
      expect(JSON.stringify(eventFor(TENANT, event, rows, () => true))).not.to.match(/alice|red-web/);
    }
  });

  it("of another's tap are refused to a tenant, whatever a host says whose it is", async () => {
    const tap = (tenant: string) =>
      `name: taps\nruntime: yaml\nresources:\n  red-web:\n    type: taas:TapFlow\n    properties:\n      tenant: ${tenant}\n`;
    project.taps = [{ id: "0123456789abcdef", name: "red-web", owner: ownerIn(tap("red"))!, tenant: "blue" }];
    project.open();
    const edit = { kind: "deleteTap", id: "0123456789abcdef" } as const;
    await writeFile(project.file.path, tap("red"));
    await expectRefusal(project.changes.previews.begin(edit, TENANT), "not-found");
    await writeFile(project.file.path, tap("blue"));
    await project.changes.previews.begin(edit, TENANT);
    await project.changes.idle();
  });

  it("do not tell a tenant where else the program names what it deletes", async () => {
    const uses = "$".concat("{web.rules}");
    const program = `name: taps\nruntime: yaml\nresources:\n  web:\n    type: taas:TapFlow\n    properties: { tenant: blue }\noutputs: { secretive: "${uses}" }\n`;
    project.taps = [{ id: "0123456789abcdef", name: "web", owner: ownerIn(program)!, tenant: "blue" }];
    project.open();
    await writeFile(project.file.path, program);
    const refused = (viewer: Viewer) =>
      project.changes.previews.begin({ kind: "deleteTap", id: "0123456789abcdef" }, viewer).then(
        () => "done",
        (error: Error) => error.message,
      );
    expect(await refused(OPERATOR)).to.include("secretive");
    expect(await refused(TENANT)).to.equal("other parts of the program use web");
  });
});
