import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import type { Edit } from "../../console/api/edit";
import type { Event } from "../../console/api/events";
import type { HostRow, ServiceRow, TapRow } from "../../console/api/rows";
import { Changes } from "../../console/server/changes/changes";
import { History } from "../../console/server/changes/history";
import { Line } from "../../console/server/changes/line";
import type { Means } from "../../console/server/changes/means";
import type { ChangeRecord, PreviewRecord } from "../../console/server/changes/record";
import type { Live } from "../../console/server/live/live";
import { ProgramFile } from "../../console/server/program/programFile";
import { OPERATOR, type Viewer } from "../../console/server/roles/viewer";
import { until } from "./client";
import { FakeDeployer } from "./fakeDeployer";

/** A program without resources. */
export const PROGRAM = "name: taps\nruntime: yaml\nresources: {} # none yet\n";

/** The program once the edit is done. */
export const AFTER = PROGRAM.replace(
  "resources: {} # none yet\n",
  "resources: # none yet\n  ids:\n    type: taas:TapService\n    properties:\n      collector:\n        address: 192.0.2.9\n        type: gre\n",
);

/** An edit of it. */
export const EDIT = {
  kind: "createService",
  name: "ids",
  collector: { address: "192.0.2.9", type: "gre" },
} as const;

/** The changes of a project that is deployed by nobody, with one host that is none. */
export class FakeProject {
  readonly deployer = new FakeDeployer();
  /** What was told to those who look. */
  readonly events: Event[] = [];
  /** How often a claim of the host was written that is no capture's. */
  written = 1;
  /** Captures that the host has had. */
  captures = 0;
  /** The taps of the host. */
  taps: Partial<TapRow>[] = [];
  services: Partial<ServiceRow>[] = [];
  /** What is known of hosts. */
  views: object[] = [];
  /** The hosts, as their rows. */
  hosts: Partial<HostRow>[] = [];
  changes: Changes;

  private constructor(readonly file: ProgramFile) {
    this.changes = this.open();
  }

  static async create(): Promise<FakeProject> {
    const folder = join(await mkdtemp(join(tmpdir(), "taas-console-")), "taps");
    await mkdir(folder);
    const file = new ProgramFile(join(folder, "Pulumi.yaml"));
    await writeFile(file.path, PROGRAM);
    return new FakeProject(file);
  }

  get historyFile(): string {
    return join(this.file.folder, ".pulumi-taas", "history.jsonl");
  }

  /** Begins anew, as a console does that is started. */
  open(approval = false): Changes {
    const { deployer, file } = this;
    const inspect = () => Promise.resolve(this.look());
    const means = {
      ...{ deployer, file, line: new Line(), approval, identity: { organization: "acme", stack: "prod" } },
      context: { open: () => ({ inspect }) } as unknown as Means["context"],
      live: {
        all: { taps: this.taps, services: this.services, hosts: this.hosts },
        views: this.views,
      } as unknown as Live,
      people: ["alice", "tim"],
      hosts: new Map([["192.0.2.11", { name: "host1", address: "192.0.2.11" }]]),
      say: (event: Event) => this.events.push(event),
    };
    this.changes = new Changes(means, new History(this.historyFile));
    return this.changes;
  }

  /** The host as it is read now. */
  private look() {
    const service = { kind: "service", owner: "ids", token: String(this.written) };
    const capture = { kind: "capture", owner: "capture", token: String(this.captures) };
    const claims = [service, ...(this.captures === 0 ? [] : [capture])];
    const read = {
      generation: this.written + this.captures,
      claims: new Map(claims.map((claim) => [claim.owner, claim])),
    };
    const transient = { what: "unexpected rule on br-tap", owners: [], transient: true };
    const beginning = { what: "missing mirror", owners: ["capture"] };
    return { read, differences: this.captures === 0 ? [] : [transient, beginning] };
  }

  /** A preview once it is ready or has failed. */
  async previewed(viewer: Viewer = OPERATOR, edit: Edit = EDIT): Promise<PreviewRecord> {
    const id = await this.changes.previews.begin(edit, viewer);
    return until(
      () => this.changes.previews.get(id, OPERATOR),
      ({ state }) => state === "ready" || state === "failed",
    );
  }

  /** A change once it has ended. */
  ended(id: string): Promise<ChangeRecord> {
    return until(
      () => this.changes.get(id, OPERATOR),
      ({ endedAt }) => endedAt !== undefined,
    );
  }

  /** Confirms a preview, and waits for the end. */
  async confirmed({ id, fingerprint }: PreviewRecord, viewer: Viewer = OPERATOR): Promise<ChangeRecord> {
    return this.ended(await this.changes.confirm(id, fingerprint!, viewer));
  }

  delete(): Promise<void> {
    return rm(dirname(this.file.folder), { recursive: true, force: true });
  }
}

/** That something is refused, by its code. */
export async function expectRefusal(work: Promise<unknown>, code: string): Promise<void> {
  const outcome = await work.then(
    () => "done",
    (error: { body?: { code: string } }) => error.body?.code,
  );
  expect(outcome).to.equal(code);
}
