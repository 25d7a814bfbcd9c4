import { isDeepStrictEqual } from "node:util";
import { unifiedDiff } from "../program/unifiedDiff";
import { consoleError, forbidden, notFound, Refusal } from "../refusal";
import { sees, type Viewer } from "../roles/viewer";
import { applyEdit } from "./applyEdit";
import { addressesOf, bind, withHosts } from "./bind";
import type { History } from "./history";
import { failureOf, labelOf, type Means } from "./means";
import { newId, Previews } from "./previews";
import { type ChangeRecord, mayApprove, type PreviewRecord, summaryOfChange } from "./record";

/** Lines of a run that are kept. */
const KEPT_LINES = 2000;

/** Changes of the program, from their confirm on. Each belongs to the server, whatever becomes of who asked for it. */
export class Changes {
  readonly previews: Previews;
  private readonly records = new Map<string, ChangeRecord>();
  /** What waits for approval, by change. */
  private readonly pending = new Map<string, PreviewRecord>();

  constructor(
    private readonly means: Means,
    private readonly history: History,
  ) {
    this.previews = new Previews(means);
  }

  /** Reads what was kept. */
  async open(): Promise<void> {
    for (const record of await this.history.read()) this.records.set(record.id, record);
  }

  /** Resolves when nothing runs or waits. */
  idle(): Promise<void> {
    return this.means.line.idle();
  }

  /** All changes, the last first. */
  get all(): ChangeRecord[] {
    return [...this.records.values()].reverse();
  }

  /** A change that a viewer may see. Throws a Refusal. */
  get(id: string, viewer: Viewer): ChangeRecord {
    const record = this.records.get(id);
    if (record === undefined || !sees(viewer, record)) throw notFound("change");
    return record;
  }

  /** Whether a change or preview is one that a viewer may see. */
  isSeen(id: string, viewer: Viewer): boolean {
    const record = this.records.get(id) ?? this.previews.viewerOf(id);
    return record !== undefined && sees(viewer, record);
  }

  /** Confirms what was previewed. Resolves to the id of the change; it then runs by itself, or waits for approval. */
  async confirm(id: string, fingerprint: string, viewer: Viewer): Promise<string> {
    const preview = this.previews.get(id, viewer);
    if (preview.state !== "ready" || preview.fingerprint !== fingerprint)
      throw new Refusal(409, {
        code: "changed",
        message: "this is not what was previewed last",
        hint: "Preview again",
      });
    if (preview.viewer.user !== viewer.user && viewer.role !== "admin")
      throw forbidden("it is another person's preview");
    const waits = this.needsApproval(preview);
    const change = this.newChange(preview, waits ? "awaiting-approval" : "waiting");
    this.previews.set(preview, { state: "confirmed", change: change.id });
    await this.history.write(change);
    if (waits) this.pending.set(change.id, preview);
    else void this.inTurn(change, preview);
    return change.id;
  }

  /** Lets a change run that waited for another person, or not. */
  async decide(id: string, decision: "approve" | "reject", viewer: Viewer): Promise<void> {
    const change = this.get(id, viewer);
    const preview = this.pending.get(id);
    if (!mayApprove(viewer, change) || preview === undefined)
      throw forbidden("only another person, an admin, approves or rejects this change");
    this.pending.delete(id);
    if (decision === "reject") return this.end(change, { outcome: "rejected", approvedBy: viewer.user });
    this.set(change, { outcome: "waiting", approvedBy: viewer.user });
    void this.inTurn(change, preview);
  }

  /** Whether a confirm of a preview is another person's to approve. */
  needsApproval({ viewer, steps }: PreviewRecord): boolean {
    if (viewer.role === "admin") return false;
    return this.means.approval || steps.some((step) => !sees(viewer, step));
  }

  /** Writes the edit into the program and does no more. */
  async save(id: string, viewer: Viewer): Promise<string> {
    const preview = this.previews.get(id, viewer);
    if (viewer.role !== "admin")
      throw forbidden("others deploy the program: only an admin saves a change without a run");
    if (preview.state !== "ready" && preview.state !== "failed")
      throw new Refusal(409, { code: "changed", message: "this preview is not there to be saved any more" });
    const { file } = this.means;
    const before = await file.read();
    const { text } = applyEdit(preview.edit, before, preview.viewer, this.means);
    // A run reads the program some time after it was confirmed, and is to find what was confirmed.
    if (this.all.some(({ outcome }) => outcome === "running"))
      throw new Refusal(409, {
        code: "changed",
        message: "a run of the program goes on just now",
        hint: "Save when it has ended",
      });
    if (!(await file.replace(before, text)))
      throw new Refusal(409, {
        code: "changed",
        message: "somebody else writes to the program just now",
        hint: "Try again",
      });
    const change = this.newChange(preview, "saved");
    this.previews.set(preview, { state: "confirmed", change: change.id });
    await this.end(change, { programDiff: unifiedDiff(file.name, before, text) });
    return change.id;
  }

  private async inTurn(change: ChangeRecord, preview: PreviewRecord): Promise<void> {
    const turn = {
      label: labelOf(change.by, change.what),
      waits: (waitsFor: string | undefined) => {
        if (waitsFor !== undefined) this.set(change, { waitsFor });
      },
    };
    await this.means.line.take(turn, async () => {
      delete change.waitsFor;
      this.set(change, { outcome: "running" });
      try {
        await this.deploy(change, preview);
      } catch (error) {
        await this.end(change, { outcome: "failed", error: consoleError(error) });
      }
    });
  }

  /** Does what was previewed, if that still is what would happen; else previews anew, to be confirmed anew. */
  private async deploy(change: ChangeRecord, preview: PreviewRecord): Promise<void> {
    const { file, deployer } = this.means;
    const before = await file.read();
    const now = await withHosts(this.means, await bind(this.means, before), addressesOf(preview.steps));
    const edited = applyEdit(preview.edit, before, preview.viewer, this.means);
    const isSame =
      isDeepStrictEqual(now, preview.bound) || (await this.previews.isSame(preview, before, edited));
    if (!isSame || !(await file.replace(before, edited.text))) return this.askAnew(change, preview);
    await this.history.write(change);
    const ran = await deployer.up(file.folder, `${change.what} (console, ${change.by})`, {
      onText: (text) => log(change, text),
      onEvent: ({ resOutputsEvent: done, resOpFailedEvent: failed }) =>
        this.progress(
          change,
          (done ?? failed)?.metadata.urn,
          failed === undefined ? {} : { error: "it failed" },
        ),
    });
    if (ran.lock !== undefined) await file.replace(edited.text, before);
    if (change.log.length === 0) log(change, ran.text);
    if (ran.succeeded) return this.end(change, { outcome: "succeeded" });
    return this.end(change, { outcome: "failed", error: failureOf(ran, this.means.say) });
  }

  private async askAnew(change: ChangeRecord, { edit, viewer }: PreviewRecord): Promise<void> {
    const preview = await this.previews.begin(edit, viewer);
    const error = {
      code: "changed",
      message:
        "the program, the state or a host has changed since the preview, and the outcome would be another",
      hint: "Nothing was changed. Look at the new preview, and confirm that",
    };
    await this.end(change, { outcome: "outdated", preview, error });
  }

  private newChange(preview: PreviewRecord, outcome: ChangeRecord["outcome"]): ChangeRecord {
    const { viewer, what, steps, programDiff } = preview;
    const change: ChangeRecord = {
      ...{ id: newId(), at: new Date().toISOString(), by: viewer.user, what, outcome, programDiff, log: [] },
      ...(viewer.tenant === undefined ? {} : { tenant: viewer.tenant }),
      steps: steps.map((step) => ({ ...step, done: false })),
    };
    this.records.set(change.id, change);
    this.set(change, {});
    return change;
  }

  private async end(change: ChangeRecord, known: Partial<ChangeRecord>): Promise<void> {
    this.set(change, { ...known, endedAt: new Date().toISOString() });
    await this.history.write(change);
  }

  private set(change: ChangeRecord, known: Partial<ChangeRecord>): void {
    Object.assign(change, known);
    this.means.say({ type: "change", put: summaryOfChange(change) });
  }

  private progress(change: ChangeRecord, urn: string | undefined, failed: { error?: string }): void {
    const step = change.steps.find((candidate) => candidate.urn === urn);
    if (step === undefined) return;
    Object.assign(step, failed.error === undefined ? { done: true } : failed);
    const done = change.steps.filter((each) => each.done || each.error !== undefined).length;
    this.means.say({ type: "progress", change: change.id, done, total: change.steps.length });
  }
}

function log(change: ChangeRecord, text: string): void {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  change.log.push(...lines.slice(0, KEPT_LINES - change.log.length));
}
