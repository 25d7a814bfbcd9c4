import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import type { Event } from "../../../console/api/events";
import { changeFor, errorFor, stepFor, summaryOfChange } from "../../../console/server/changes/record";
import type { LoggedEvent, Ran } from "../../../console/server/deploy/deployer";
import { programResources, readProgram } from "../../../console/server/program/program";
import { Shown } from "../../../console/server/roles/shown";
import { OPERATOR, type Viewer } from "../../../console/server/roles/viewer";
import { created } from "../../console/fakeDeployer";
import { expectRefusal, FakeProject } from "../../console/fakeProject";
import { observed } from "../model/observed";

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

  it("of a tenant wait for another person if that is required", async () => {
    project.open(true);
    project.deployer.events = () => [created("web", "first", "blue")];
    const preview = await project.previewed(TENANT, { kind: "apply" });
    const id = await project.changes.confirm(preview.id, preview.fingerprint!, TENANT);
    expect(project.changes.get(id, TENANT).outcome).to.equal("awaiting-approval");
    await expectRefusal(project.changes.decide(id, "approve", TENANT), "forbidden");
    await project.changes.decide(id, "approve", BOB);
    expect(await project.ended(id)).to.include({ outcome: "succeeded", approvedBy: "bob" });
  });

  it("of a tenant wait for another person if they would change other people's resources", async () => {
    project.deployer.events = () => [created("web", "first", "blue"), created("ids", "first", "red")];
    const preview = await project.previewed(TENANT, { kind: "apply" });
    const id = await project.changes.confirm(preview.id, preview.fingerprint!, TENANT);
    expect(project.changes.get(id, TENANT).outcome).to.equal("awaiting-approval");
    await project.changes.decide(id, "reject", BOB);
    expect(project.changes.get(id, TENANT).outcome).to.equal("rejected");
    expect(project.deployer.done.some((line) => line.startsWith("up"))).to.equal(false);
  });

  it("of others cannot be seen, confirmed, discarded or saved by a tenant", async () => {
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

  it("are approved and rejected however many previews others have requested since", async () => {
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

  it("keep the previews of others, however many one person asks for", async () => {
    const kept = await project.previewed();
    const first = await project.previewed(TENANT, { kind: "apply" });
    for (let count = 0; count < 150; count += 1) {
      await project.changes.previews.begin({ kind: "apply" }, TENANT);
      await project.changes.idle();
    }
    expect(project.changes.previews.get(kept.id, OPERATOR).state).to.equal("ready");
    expect(() => project.changes.previews.get(first.id, TENANT)).to.throw("there is no such preview");
  });

  it("wait for approval up to twenty of one person", async () => {
    project.open(true);
    const confirmed = async (viewer: Viewer) => {
      const { id, fingerprint } = await project.previewed(viewer, { kind: "apply" });
      return project.changes.confirm(id, fingerprint!, viewer);
    };
    for (let count = 0; count < 20; count += 1) await confirmed(TENANT);
    await expectRefusal(confirmed(TENANT), "too-many");
    await confirmed({ ...TENANT, user: "tom" });
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

  it("tell a tenant neither whose run they wait for nor Pulumi's message about a failure", async () => {
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
    const rows = { taps: [], services: [], hosts: [] };
    const first = { type: "snapshot" as const, ...rows, changes: [], complete: true };
    for (const event of [
      { type: "preview", id: preview.id, state: "waiting", waitsFor },
      { type: "change", put: summaryOfChange({ ...project.changes.all[0]!, waitsFor }) },
    ] as Event[]) {
      const known = { isOwn: () => true, isComplete: true };
      const told = (viewer: Viewer) => JSON.stringify(new Shown(viewer, first).eventsFor(event, rows, known));
      expect(told(OPERATOR)).to.include("alice");
      expect(told(TENANT)).not.to.match(/alice|red-web/);
    }
  });

  it("of another's tap are refused to a tenant, whatever a host says about its owner", async () => {
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

  it("into another's service are refused to a tenant, whatever a host says whose it is", async () => {
    const service = (tenant: string) =>
      `name: taps\nruntime: yaml\nresources:\n  ids:\n    type: taas:TapService\n    properties: { tenant: ${tenant} }\n`;
    const [id, port] = ["0123456789abcdef", { port: "tap-a" }];
    const facts = observed({ name: "br-int", ports: [{ name: "tap-a" }] });
    project.services = [{ id, name: "ids", owner: ownerIn(service("red"))!, tenant: "blue" }];
    project.views = [{ record: { name: "host1", address: "192.0.2.11" }, at: "", inspection: { facts } }];
    project.open();
    const viewer: Viewer = { ...TENANT, ports: [{ name: "tap-*" }] };
    const edit = {
      kind: "createTap",
      name: "web",
      service: { id },
      host: "host1",
      port,
      direction: "both",
    } as const;
    await writeFile(project.file.path, service("red"));
    await expectRefusal(project.changes.previews.begin(edit, viewer), "not-found");
    await writeFile(project.file.path, service("blue"));
    await project.changes.previews.begin(edit, viewer);
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

  const failure = (name: string, message: string): LoggedEvent => ({
    diagnosticEvent: {
      ...{ severity: "error", message },
      urn: `urn:pulumi:prod::taps::taas:index:TapService::${name}`,
    },
  });

  it("tell a tenant why a run of its own resources failed, without what is others'", async () => {
    project.taps = [
      {
        id: "1",
        name: "secretive",
        owner: "acme/taps/prod/taas:index:TapService/secretive",
        monitor: "",
        tenant: "red",
        port: "tap-red",
      },
    ];
    project.hosts = [{ name: "host1", address: "192.0.2.11", state: "reachable" }];
    project.open();
    project.deployer.events = () => [created("web", "first", "blue")];
    const preview = await project.previewed(TENANT, { kind: "apply" });
    project.deployer.result = {
      succeeded: false,
      events: [
        failure(
          "web",
          "host host1: port tap-red is a monitor of secretive, says alice@build1 of /home/op/key",
        ),
        failure("ids", "host host1: secretive cannot be reached"),
        { diagnosticEvent: { severity: "error", message: "update failed for secretive" } },
      ],
    };
    const change = await project.confirmed(preview, TENANT);
    expect(changeFor(TENANT, change).error).to.deep.include({
      code: "failed",
      message: "web: host host1: port … is a monitor of …, says … of …",
    });
    expect(changeFor(OPERATOR, change).error!.message).to.include("port tap-red is a monitor of secretive");
    const whole = JSON.stringify(changeFor(TENANT, change));
    expect(whole).not.to.match(/secretive|tap-red|alice|home/);
    await project.changes.idle();
    const stored = project.open();
    await stored.open();
    expect(changeFor(TENANT, stored.get(change.id, TENANT)).error!.message).to.include("host host1: port …");
  });

  it("do not tell a tenant in the reason of a failure what its own steps hide", async () => {
    const event = created("web", "first", "blue");
    const { metadata } = event.resourcePreEvent!;
    const host = (name: string) => ({ name, address: "192.0.2.21" });
    const inputs = { tenant: "blue", host: host("hidden-1") };
    metadata.op = "update";
    metadata.old = { ...metadata.new!, inputs, outputs: { status: "drifted: host hidden-1: port tap-red9" } };
    metadata.new!.inputs = { ...inputs, host: host("hidden-2") };
    project.deployer.events = () => [event];
    const preview = await project.previewed(TENANT, { kind: "apply" });
    expect(JSON.stringify(preview.steps)).to.match(/hidden-2.*tap-red9|tap-red9.*hidden-2/);
    project.deployer.result = {
      succeeded: false,
      events: [failure("web", "host hidden-2: port tap-red9 is missing")],
    };
    const change = await project.confirmed(preview, TENANT);
    expect(changeFor(TENANT, change).error!.message).to.equal("web: host …: port … is missing");
  });

  it("tell a tenant what is wrong with a resource that it asks for, before there is a step of it", async () => {
    const program =
      "name: taps\nruntime: yaml\nresources:\n  web:\n    type: taas:TapService\n    properties: { tenant: blue }\n  ids:\n    type: taas:TapService\n    properties: { tenant: red }\n";
    await writeFile(project.file.path, program);
    project.deployer.events = () => [];
    project.deployer.previewed = {
      succeeded: false,
      events: [failure("web", "filter: ends too early"), failure("ids", "filter: is wrong")],
    };
    const preview = await project.previewed(TENANT, { kind: "apply" });
    expect(errorFor(TENANT, preview.error!, preview.reason).message).to.equal("web: filter: ends too early");
    project.deployer.previewed.events = [failure("ids", "filter: is wrong")];
    const other = await project.previewed(TENANT, { kind: "apply" });
    expect(errorFor(TENANT, other.error!, other.reason)).to.deep.include({
      ...{ code: "failed", hint: "An admin sees the reason" },
    });
    expect((await project.previewed(OPERATOR, { kind: "apply" })).reason).to.equal(undefined);
  });

  it("hide from a tenant how hosts are reached, and in what its resource has drifted", async () => {
    const event = created("web", "first", "blue");
    const { metadata } = event.resourcePreEvent!;
    const host = (identityFile: string) => ({ name: "host1", address: "192.0.2.11", identityFile });
    metadata.op = "update";
    const inputs = { tenant: "blue", direction: "both", host: host("/home/op/a") };
    metadata.old = {
      ...metadata.new!,
      inputs,
      outputs: { status: "drifted: host host1: claim of secretive" },
    };
    metadata.new!.inputs = { ...inputs, direction: "ingress", host: host("/home/op/b") };
    project.deployer.events = () => [event];
    const { steps } = await project.previewed(TENANT, { kind: "apply" });
    expect(stepFor(TENANT, steps[0]!.step).changes).to.deep.equal([
      ...["drifted", 'direction: "both" => "ingress"', "host: another one"],
    ]);
    expect(stepFor(OPERATOR, steps[0]!.step).changes[0]).to.include("claim of secretive");
  });
});
