import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import type { Event, TapRow } from "../../../console/api";
import { Changes } from "../../../console/server/changes/changes";
import { History } from "../../../console/server/changes/history";
import { Line } from "../../../console/server/changes/line";
import type { Means } from "../../../console/server/changes/means";
import { changeFor, summaryOfChange } from "../../../console/server/changes/record";
import type { Deployer, Following, LoggedEvent, Ran } from "../../../console/server/deploy/deployer";
import type { Live } from "../../../console/server/live/live";
import { programResources, readProgram } from "../../../console/server/program/program";
import { ProgramFile } from "../../../console/server/program/programFile";
import { eventFor, OPERATOR, type Viewer } from "../../../console/server/roles/viewer";
import { until } from "../../console/client";

const PROGRAM = "name: taps\nruntime: yaml\nresources: {} # none yet\n";

function created(name: string, rule: string, tenant?: string): LoggedEvent {
  const urn = `urn:pulumi:prod::taps::taas:index:TapService::${name}`;
  const host = { name: "host1", address: "192.0.2.11" };
  const inputs = { rules: [rule], host, ...(tenant === undefined ? {} : { tenant }) };
  const type = "taas:index:TapService";
  return { resourcePreEvent: { metadata: { op: "create", urn, type, new: { type, urn, inputs } } } };
}

/** Deploys nothing: says what it is told to, and remembers what it was given. */
class FakeDeployer implements Deployer {
  readonly engine = "fake";
  rule = "first";
  events: (() => LoggedEvent[]) | undefined;
  stack = "state";
  readonly done: string[] = [];
  result: Partial<Ran> = {};
  /** What happens while a preview or a run is under way. */
  meanwhile: () => void = () => {};
  /** What a run tells as it goes on. */
  told: LoggedEvent[] = [];
  /** A run ends when this does. */
  gate: Promise<void> = Promise.resolve();

  async preview(folder: string): Promise<Ran> {
    this.done.push(`preview ${await readFile(join(folder, "Pulumi.yaml"), "utf8")}`);
    this.meanwhile();
    return { succeeded: true, text: "previewed", events: this.events?.() ?? [created("ids", this.rule)] };
  }

  async up(folder: string, _: string, { onEvent }: Following = {}): Promise<Ran> {
    this.done.push(`up ${await readFile(join(folder, "Pulumi.yaml"), "utf8")}`);
    for (const event of this.told) onEvent?.(event);
    await this.gate;
    return { succeeded: true, text: "done", events: [], ...this.result };
  }

  state(): Promise<string> {
    return Promise.resolve(this.stack);
  }
}

describe("changes of the console", () => {
  let file: ProgramFile;
  let deployer: FakeDeployer;
  let events: Event[];
  let changes: Changes;
  let generation: number;
  let taps: Partial<TapRow>[];
  const historyFile = () => join(file.folder, "history.jsonl");

  function open(approval = false): Changes {
    const inspection = () => Promise.resolve({ read: { generation }, differences: [] });
    const means = {
      ...{ deployer, file, line: new Line(), approval, identity: { organization: "acme", stack: "prod" } },
      context: { open: () => ({ inspect: inspection }) } as unknown as Means["context"],
      live: { all: { taps, services: [] }, views: [] } as unknown as Live,
      hosts: new Map([["192.0.2.11", { name: "host1", address: "192.0.2.11" }]]),
      say: (event: Event) => events.push(event),
    };
    return new Changes(means, new History(historyFile()));
  }

  beforeEach(async () => {
    const folder = join(await mkdtemp(join(tmpdir(), "taas-console-")), "taps");
    await mkdir(folder);
    file = new ProgramFile(join(folder, "Pulumi.yaml"));
    await writeFile(file.path, PROGRAM);
    deployer = new FakeDeployer();
    events = [];
    generation = 1;
    taps = [];
    changes = open();
  });

  afterEach(() => rm(dirname(file.folder), { recursive: true, force: true }));

  const EDIT = {
    kind: "createService",
    name: "ids",
    collector: { address: "192.0.2.9", type: "gre" },
  } as const;
  const AFTER = PROGRAM.replace(
    "resources: {} # none yet\n",
    "resources: # none yet\n  ids:\n    type: taas:TapService\n    properties:\n      collector:\n        address: 192.0.2.9\n        type: gre\n",
  );

  async function previewed(
    viewer: Viewer = OPERATOR,
    edit: Parameters<Changes["previews"]["begin"]>[0] = EDIT,
  ) {
    const id = await changes.previews.begin(edit, viewer);
    return until(
      () => changes.previews.get(id, OPERATOR),
      ({ state }) => state === "ready" || state === "failed",
    );
  }

  async function ended(id: string) {
    return until(
      () => changes.get(id, OPERATOR),
      ({ endedAt }) => endedAt !== undefined,
    );
  }

  it("run what was previewed, on the program that was previewed", async () => {
    const preview = await previewed();
    expect(await readFile(file.path, "utf8")).to.equal(PROGRAM);
    expect(await readdir(dirname(file.folder))).to.deep.equal(["taps"]);
    const change = await ended(await changes.confirm(preview.id, preview.fingerprint!, OPERATOR));
    expect(change).to.include({ outcome: "succeeded", by: "operator", what: "create service ids" });
    expect(deployer.done).to.deep.equal([`preview ${AFTER}`, `up ${AFTER}`]);
    expect(await readFile(file.path, "utf8")).to.equal(AFTER);
  });

  const moved: [string, () => Promise<void> | void][] = [
    ["the program", () => writeFile(file.path, `# edited\n${PROGRAM}`)],
    [
      "the state",
      () => {
        deployer.stack = "other";
      },
    ],
    [
      "a host",
      () => {
        generation = 2;
      },
    ],
  ];
  for (const [what, move] of moved) {
    it(`are previewed anew when ${what} has moved, and run where the outcome is the same`, async () => {
      const preview = await previewed();
      await move();
      const change = await ended(await changes.confirm(preview.id, preview.fingerprint!, OPERATOR));
      expect(change.outcome).to.equal("succeeded");
      expect(deployer.done.map((line) => line.split(" ")[0])).to.deep.equal(["preview", "preview", "up"]);
    });

    it(`ask anew when ${what} has moved and the outcome is another, and change nothing`, async () => {
      const preview = await previewed();
      await move();
      const program = await readFile(file.path, "utf8");
      deployer.rule = "second";
      const change = await ended(await changes.confirm(preview.id, preview.fingerprint!, OPERATOR));
      expect(change.outcome).to.equal("outdated");
      expect(await readFile(file.path, "utf8")).to.equal(program);
      expect(deployer.done.some((line) => line.startsWith("up"))).to.equal(false);
      const next = await until(
        () => changes.previews.get(change.preview!, OPERATOR),
        ({ state }) => state === "ready",
      );
      expect(next.steps[0]!.step.rules).to.deep.equal([{ sign: "+", text: "second" }]);
      const again = await ended(await changes.confirm(next.id, next.fingerprint!, OPERATOR));
      expect(again.outcome).to.equal("succeeded");
    });
  }

  it("are confirmed once, and by what was previewed last", async () => {
    const preview = await previewed();
    await expectRefusal(changes.confirm(preview.id, "0", OPERATOR), "changed");
    await changes.confirm(preview.id, preview.fingerprint!, OPERATOR);
    await expectRefusal(changes.confirm(preview.id, preview.fingerprint!, OPERATOR), "changed");
    await changes.idle();
  });

  it("wait for one that runs, and say for whose", async () => {
    let open = () => {};
    deployer.gate = new Promise((resolve) => {
      open = resolve;
    });
    const first = await previewed();
    const second = await previewed({ user: "bob", role: "admin", ports: [] }, { ...EDIT, name: "other" });
    const one = await changes.confirm(first.id, first.fingerprint!, OPERATOR);
    const two = await changes.confirm(second.id, second.fingerprint!, {
      user: "bob",
      role: "admin",
      ports: [],
    });
    const waiting = await until(
      () => changes.get(two, OPERATOR),
      ({ waitsFor }) => waitsFor !== undefined,
    );
    expect(waiting.waitsFor).to.match(/^operator: create service ids, since /);
    expect(changes.get(one, OPERATOR).outcome).to.equal("running");
    expect(changes.get(two, OPERATOR).outcome).to.equal("waiting");
    open();
    await changes.idle();
    expect(changes.get(one, OPERATOR).outcome).to.equal("succeeded");
    expect(changes.get(two, OPERATOR).outcome).to.equal("succeeded");
    expect(await readFile(file.path, "utf8")).to.include("  other:\n");
  });

  it("leave a locked stack locked, say by whom, and take back the program", async () => {
    deployer.result = {
      succeeded: false,
      lock: { by: "alice@build1", since: "2026-11-29T10:00:00Z", text: "locked" },
    };
    const preview = await previewed();
    const change = await ended(await changes.confirm(preview.id, preview.fingerprint!, OPERATOR));
    expect(change.error).to.include({ code: "locked" });
    expect(change.error!.message).to.include("alice@build1 since 2026-11-29T10:00:00Z");
    expect(await readFile(file.path, "utf8")).to.equal(PROGRAM);
    expect(events.some((event) => event.type === "lock" && event.lock?.by === "alice@build1")).to.equal(true);
  });

  it("save without a run", async () => {
    const preview = await previewed();
    const change = await ended(await changes.save(preview.id, OPERATOR));
    expect(change.outcome).to.equal("saved");
    expect(await readFile(file.path, "utf8")).to.equal(AFTER);
    expect(deployer.done.some((line) => line.startsWith("up"))).to.equal(false);
  });

  const TENANT: Viewer = { user: "tim", role: "tenant", tenant: "blue", ports: [] };
  const BOB: Viewer = { user: "bob", role: "admin", ports: [] };

  it("of a tenant wait for another person where that is asked for", async () => {
    changes = open(true);
    deployer.events = () => [created("web", "first", "blue")];
    const preview = await previewed(TENANT, { kind: "apply" });
    const id = await changes.confirm(preview.id, preview.fingerprint!, TENANT);
    expect(changes.get(id, TENANT).outcome).to.equal("awaiting-approval");
    await expectRefusal(changes.decide(id, "approve", TENANT), "forbidden");
    await changes.decide(id, "approve", BOB);
    expect(await ended(id)).to.include({ outcome: "succeeded", approvedBy: "bob" });
  });

  it("of a tenant wait for another person where they would do something with what is others'", async () => {
    deployer.events = () => [created("web", "first", "blue"), created("ids", "first", "red")];
    const preview = await previewed(TENANT, { kind: "apply" });
    const id = await changes.confirm(preview.id, preview.fingerprint!, TENANT);
    expect(changes.get(id, TENANT).outcome).to.equal("awaiting-approval");
    await changes.decide(id, "reject", BOB);
    expect(changes.get(id, TENANT).outcome).to.equal("rejected");
    expect(deployer.done.some((line) => line.startsWith("up"))).to.equal(false);
  });

  it("of others are not a tenant's to see, confirm, discard or save", async () => {
    const preview = await previewed();
    const red: Viewer = { user: "rita", role: "tenant", tenant: "red", ports: [] };
    const own = await previewed(TENANT, { kind: "apply" });
    for (const { id, fingerprint } of [preview, own]) {
      expect(() => changes.previews.get(id, red)).to.throw("there is no such preview");
      expect(() => changes.previews.discard(id, red)).to.throw("there is no such preview");
      await expectRefusal(changes.confirm(id, fingerprint!, red), "not-found");
      await expectRefusal(changes.save(id, red), "not-found");
      expect(changes.isSeen(id, red)).to.equal(false);
    }
    const id = await changes.confirm(preview.id, preview.fingerprint!, OPERATOR);
    expect(() => changes.get(id, red)).to.throw("there is no such change");
    await changes.idle();
  });

  const readied = async () => {
    const preview = await previewed();
    const change = await ended(await changes.confirm(preview.id, preview.fingerprint!, OPERATOR));
    return { change, runs: deployer.done.map((line) => line.split(" ")[0]) };
  };
  const HOST = JSON.stringify([{ inputs: { host: { name: "host1", address: "192.0.2.11" } } }]);

  it("are previewed anew when a host of the stack has moved that no step is about, for a run repairs it", async () => {
    deployer.stack = HOST;
    deployer.events = () => [];
    const preview = await previewed();
    generation = 2;
    await ended(await changes.confirm(preview.id, preview.fingerprint!, OPERATOR));
    expect(deployer.done.map((line) => line.split(" ")[0])).to.deep.equal(["preview", "preview", "up"]);
  });

  it("are previewed anew when a host or the state has moved while Pulumi previewed", async () => {
    deployer.stack = HOST;
    deployer.meanwhile = () => {
      generation = 2;
    };
    expect((await readied()).runs).to.deep.equal(["preview", "preview", "up"]);
  });

  it("ask anew when arguments are others, of which neither rules nor lines tell", async () => {
    const preview = await previewed();
    generation = 2;
    const event = created("ids", "first");
    event.resourcePreEvent!.metadata.new!.inputs!.until = "2030-01-01T00:00:00Z";
    deployer.events = () => [event];
    const change = await ended(await changes.confirm(preview.id, preview.fingerprint!, OPERATOR));
    expect(change.outcome).to.equal("outdated");
    await changes.idle();
  });

  it("are not saved into the program while a run may still read it", async () => {
    let open = () => {};
    deployer.gate = new Promise((resolve) => {
      open = resolve;
    });
    const saved = await previewed(BOB, { ...EDIT, name: "other" });
    const first = await previewed();
    const id = await changes.confirm(first.id, first.fingerprint!, OPERATOR);
    await until(
      () => deployer.done,
      (done) => done.some((line) => line.startsWith("up")),
    );
    await expectRefusal(changes.save(saved.id, BOB), "changed");
    expect(await readFile(file.path, "utf8")).to.equal(AFTER);
    open();
    await ended(id);
    await changes.save(saved.id, BOB);
    expect(await readFile(file.path, "utf8")).to.include("  other:\n");
  });

  it("say of a resource that failed that it failed", async () => {
    const { metadata } = created("ids", "first").resourcePreEvent!;
    deployer.told = [{ resOpFailedEvent: { metadata } }];
    deployer.result = { succeeded: false };
    const { change } = await readied();
    expect(change.steps.map(({ done, error }) => [done, error])).to.deep.equal([[false, "it failed"]]);
  });

  it("are approved and rejected however many previews others have asked for since", async () => {
    changes = open(true);
    const preview = await previewed(TENANT, { kind: "apply" });
    const id = await changes.confirm(preview.id, preview.fingerprint!, TENANT);
    for (let count = 0; count < 101; count += 1) {
      await changes.previews.begin({ kind: "apply" }, OPERATOR);
      await changes.idle();
    }
    await changes.decide(id, "approve", BOB);
    expect(await ended(id)).to.include({ outcome: "succeeded" });
  });

  it("are refused to who has ten previews that have not ended", async () => {
    const begin = (viewer: Viewer) => changes.previews.begin({ kind: "apply" }, viewer);
    const first = await Promise.all(Array.from({ length: 10 }, () => begin(TENANT)));
    expect(new Set(first).size).to.equal(10);
    await expectRefusal(begin(TENANT), "too-many");
    await begin(BOB);
    await changes.idle();
    await begin(TENANT);
    await changes.idle();
  });

  it("tell a tenant neither whose run they wait for nor what Pulumi says of a failure", async () => {
    deployer.events = () => [created("web", "first", "blue")];
    const preview = await previewed(TENANT, { kind: "apply" });
    const failures: Partial<Ran>[] = [
      { lock: { by: "alice@build1", since: "2026-11-29T10:00:00Z", text: "locked by alice@build1" } },
      { events: [{ diagnosticEvent: { severity: "error", message: "tap red-web of alice failed" } }] },
    ];
    for (const [index, failure] of failures.entries()) {
      deployer.result = { succeeded: false, ...failure };
      const each = index === 0 ? preview : await previewed(TENANT, { kind: "apply" });
      const change = await ended(await changes.confirm(each.id, each.fingerprint!, TENANT));
      const told = { ...change, waitsFor: "alice: create tap red-web, since 10:00:00 UTC" };
      expect(JSON.stringify(changeFor(OPERATOR, told))).to.include("alice");
      expect(JSON.stringify(changeFor(TENANT, told))).not.to.match(/alice|red-web/);
    }
    const waitsFor = "alice: create tap red-web, since 10:00:00 UTC";
    const rows = { taps: [], services: [] };
    for (const event of [
      { type: "preview", id: preview.id, state: "waiting", waitsFor },
      { type: "change", put: summaryOfChange({ ...changes.all[0]!, waitsFor }) },
    ] as Event[]) {
      expect(JSON.stringify(eventFor(OPERATOR, event, rows, () => true))).to.include("alice");
      expect(JSON.stringify(eventFor(TENANT, event, rows, () => true))).not.to.match(/alice|red-web/);
    }
  });

  it("of another's tap are refused to a tenant, whatever a host says whose it is", async () => {
    const tap = (tenant: string) =>
      `name: taps\nruntime: yaml\nresources:\n  red-web:\n    type: taas:TapFlow\n    properties:\n      tenant: ${tenant}\n`;
    taps = [{ id: "0123456789abcdef", name: "red-web", owner: ownerIn(tap("red"))!, tenant: "blue" }];
    changes = open();
    const edit = { kind: "deleteTap", id: "0123456789abcdef" } as const;
    await writeFile(file.path, tap("red"));
    await expectRefusal(changes.previews.begin(edit, TENANT), "not-found");
    await writeFile(file.path, tap("blue"));
    await changes.previews.begin(edit, TENANT);
    await changes.idle();
  });

  it("do not tell a tenant where else the program names what it deletes", async () => {
    const uses = "$".concat("{web.rules}");
    const program = `name: taps\nruntime: yaml\nresources:\n  web:\n    type: taas:TapFlow\n    properties: { tenant: blue }\noutputs: { secretive: "${uses}" }\n`;
    taps = [{ id: "0123456789abcdef", name: "web", owner: ownerIn(program)!, tenant: "blue" }];
    changes = open();
    await writeFile(file.path, program);
    const refused = (viewer: Viewer) =>
      changes.previews.begin({ kind: "deleteTap", id: "0123456789abcdef" }, viewer).then(
        () => "done",
        (error: Error) => error.message,
      );
    expect(await refused(OPERATOR)).to.include("secretive");
    expect(await refused(TENANT)).to.equal("other parts of the program use web");
  });

  it("are kept, and one that was cut off with the console is told as that", async () => {
    const preview = await previewed();
    await ended(await changes.confirm(preview.id, preview.fingerprint!, OPERATOR));
    const cut = { ...changes.all[0]!, id: "0123456789abcdef", outcome: "running" };
    await writeFile(
      historyFile(),
      `${await readFile(historyFile(), "utf8")}${JSON.stringify(cut)}\nnull\n{"half`,
    );
    const later = open();
    await later.open();
    expect(later.all.map(({ outcome, error }) => [outcome, error?.code])).to.deep.equal([
      ["failed", "interrupted"],
      ["succeeded", undefined],
    ]);
  });
});

/** The owner key of the first resource of a program. */
function ownerIn(program: string): string | undefined {
  return programResources(readProgram(program), { organization: "acme", stack: "prod" })[0]?.owner;
}

/** That something is refused, by its code. */
async function expectRefusal(work: Promise<unknown>, code: string): Promise<void> {
  const outcome = await work.then(
    () => "done",
    (error: { body?: { code: string } }) => error.body?.code,
  );
  expect(outcome).to.equal(code);
}
