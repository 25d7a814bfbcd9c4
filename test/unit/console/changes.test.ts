import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import type { Event } from "../../../console/api";
import { Changes } from "../../../console/server/changes/changes";
import { History } from "../../../console/server/changes/history";
import { Line } from "../../../console/server/changes/line";
import type { Means } from "../../../console/server/changes/means";
import type { Deployer, LoggedEvent, Ran } from "../../../console/server/deploy/deployer";
import type { Live } from "../../../console/server/live/live";
import { ProgramFile } from "../../../console/server/program/programFile";
import { OPERATOR, type Viewer } from "../../../console/server/roles/viewer";
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
  /** A run ends when this does. */
  gate: Promise<void> = Promise.resolve();

  async preview(folder: string): Promise<Ran> {
    this.done.push(`preview ${await readFile(join(folder, "Pulumi.yaml"), "utf8")}`);
    return { succeeded: true, text: "previewed", events: this.events?.() ?? [created("ids", this.rule)] };
  }

  async up(folder: string): Promise<Ran> {
    this.done.push(`up ${await readFile(join(folder, "Pulumi.yaml"), "utf8")}`);
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
  const historyFile = () => join(file.folder, "history.jsonl");

  function open(approval = false): Changes {
    const inspection = () => Promise.resolve({ read: { generation }, differences: [] });
    const means = {
      ...{ deployer, file, line: new Line(), approval, identity: { organization: "acme", stack: "prod" } },
      context: { open: () => ({ inspect: inspection }) } as unknown as Means["context"],
      live: { all: { taps: [], services: [] }, views: [] } as unknown as Live,
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

  it("are kept, and one that was cut off with the console is told as that", async () => {
    const preview = await previewed();
    await ended(await changes.confirm(preview.id, preview.fingerprint!, OPERATOR));
    const cut = { ...changes.all[0]!, id: "0123456789abcdef", outcome: "running" };
    await writeFile(historyFile(), `${await readFile(historyFile(), "utf8")}${JSON.stringify(cut)}\n{"half`);
    const later = open();
    await later.open();
    expect(later.all.map(({ outcome, error }) => [outcome, error?.code])).to.deep.equal([
      ["failed", "interrupted"],
      ["succeeded", undefined],
    ]);
  });
});

/** That something is refused, by its code. */
async function expectRefusal(work: Promise<unknown>, code: string): Promise<void> {
  const outcome = await work.then(
    () => "done",
    (error: { body?: { code: string } }) => error.body?.code,
  );
  expect(outcome).to.equal(code);
}
