import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { ConsoleError, Edit, Event } from "../../api";
import type { Ran } from "../deploy/deployer";
import { inStagedProject } from "../deploy/staged";
import { type PlannedStep, plannedSteps, summaryOf, toldOf } from "../deploy/steps";
import type { ProgramFile } from "../program/programFile";
import { unifiedDiff } from "../program/unifiedDiff";
import { consoleError, forbidden, notFound, Refusal } from "../refusal";
import { sees, type Viewer } from "../roles/viewer";
import { applyEdit, type Edited, type Ground } from "./applyEdit";
import { addressesOf, type Bindings, bind, outcomeOf } from "./bind";
import { History } from "./history";
import { Line } from "./line";
import { type ChangeRecord, mayApprove, type PreviewRecord, summaryOfChange } from "./record";

/** What changes are made with. */
export interface Means extends Bindings, Ground {
  file: ProgramFile;
  /** Whether a tenant's change waits for another person. */
  approval: boolean;
  /** Where changes are kept. */
  historyFile: string | undefined;
  say(event: Event): void;
}

/** Previews that are kept; the oldest are forgotten. */
const KEPT_PREVIEWS = 100;
/** Lines of a run that are kept. */
const KEPT_LINES = 2000;

/** Previews, confirms and runs. One run at a time; each belongs to the server, whatever becomes of who asked for it. */
export class Changes {
  private readonly previews = new Map<string, PreviewRecord>();
  private readonly records = new Map<string, ChangeRecord>();
  private readonly line = new Line();
  private readonly history: History;

  constructor(private readonly means: Means) {
    this.history = new History(means.historyFile);
  }

  /** Reads what was kept. */
  async open(): Promise<void> {
    for (const record of await this.history.read()) this.records.set(record.id, record);
  }

  /** Resolves when what runs has ended. */
  idle(): Promise<void> {
    return this.line.idle();
  }

  /** All changes, the last first. */
  get all(): ChangeRecord[] {
    return [...this.records.values()].reverse();
  }

  /** A change that a viewer may see. Throws a Refusal. */
  change(id: string, viewer: Viewer): ChangeRecord {
    const record = this.records.get(id);
    if (record === undefined || !sees(viewer, record)) throw notFound("change");
    return record;
  }

  /** A preview that a viewer may see. Throws a Refusal. */
  preview(id: string, viewer: Viewer): PreviewRecord {
    const record = this.previews.get(id);
    if (record === undefined || !sees(viewer, record.viewer)) throw notFound("preview");
    return record;
  }

  /** Whether a change or preview is one that a viewer may see. */
  isSeen(id: string, viewer: Viewer): boolean {
    const record = this.records.get(id) ?? this.previews.get(id)?.viewer;
    return record !== undefined && sees(viewer, record);
  }

  /** Begins a preview of an edit. Throws a Refusal where the edit cannot be; what Pulumi refuses is in the preview. */
  async begin(edit: Edit, viewer: Viewer): Promise<string> {
    const { what } = applyEdit(edit, await this.means.file.read(), viewer, this.means);
    const id = newId();
    const record: PreviewRecord = {
      ...{ id, viewer, edit, what, state: "waiting" },
      ...{ steps: [], programDiff: "", text: "", warnings: [] },
    };
    this.previews.set(id, record);
    for (const old of [...this.previews.keys()].slice(0, -KEPT_PREVIEWS)) this.previews.delete(old);
    void this.inTurn(record, `preview of ${what}`, () => this.compute(record));
    return id;
  }

  /** Nobody wants a preview any more. */
  discard(id: string, viewer: Viewer): void {
    const record = this.preview(id, viewer);
    if (record.state === "confirmed")
      throw new Refusal(409, { code: "changed", message: "it is confirmed already" });
    this.setPreview(record, { state: "discarded" });
  }

  /** Confirms what was previewed. Resolves to the id of the change once that is known to Changes; it then runs by itself, or waits for approval. */
  async confirm(id: string, fingerprint: string, viewer: Viewer): Promise<string> {
    const preview = this.preview(id, viewer);
    if (preview.state !== "ready" || preview.fingerprint !== fingerprint)
      throw new Refusal(409, {
        code: "changed",
        message: "this is not what was previewed last",
        hint: "Preview again",
      });
    if (preview.viewer.user !== viewer.user && viewer.role !== "admin")
      throw forbidden("it is another person's preview");
    const waits = this.needsApproval(preview);
    const change = await this.newChange(preview, waits ? "awaiting-approval" : "waiting");
    this.setPreview(preview, { state: "confirmed", change: change.id });
    if (!waits) void this.run(change, preview);
    return change.id;
  }

  /** Lets a change run that waited for another person, or not. */
  async decide(id: string, decision: "approve" | "reject", viewer: Viewer): Promise<void> {
    const change = this.change(id, viewer);
    if (!mayApprove(viewer, change))
      throw forbidden("only another person, an admin, approves or rejects this change");
    const preview = [...this.previews.values()].find((candidate) => candidate.change === id);
    if (preview === undefined) throw notFound("change");
    if (decision === "reject") await this.end(change, { outcome: "rejected", approvedBy: viewer.user });
    else {
      this.set(change, { outcome: "waiting", approvedBy: viewer.user });
      void this.run(change, preview);
    }
  }

  /** Whether a confirm of a preview is another person's to approve. */
  needsApproval({ viewer, steps }: PreviewRecord): boolean {
    if (viewer.role === "admin") return false;
    return this.means.approval || steps.some((step) => !sees(viewer, step));
  }

  /** Writes the edit into the program and does no more. */
  async save(id: string, viewer: Viewer): Promise<string> {
    const preview = this.preview(id, viewer);
    if (this.means.approval && viewer.role !== "admin")
      throw forbidden("the program is deployed by others: only an admin saves without a run");
    if (preview.state !== "ready" && preview.state !== "failed")
      throw new Refusal(409, { code: "changed", message: "this preview is not there to be saved any more" });
    const { file } = this.means;
    const before = await file.read();
    const { text } = applyEdit(preview.edit, before, preview.viewer, this.means);
    if (!(await file.replace(before, text))) throw programMoved();
    const change = await this.newChange(preview, "saved");
    this.setPreview(preview, { state: "confirmed", change: change.id });
    await this.end(change, { outcome: "saved", programDiff: unifiedDiff(file.name, before, text) });
    return change.id;
  }

  /** Runs a preview, and says how it came out. */
  private async compute(record: PreviewRecord): Promise<void> {
    if (record.state === "discarded") return;
    this.setPreview(record, { state: "running" });
    const { file } = this.means;
    const before = await file.read();
    const edited = applyEdit(record.edit, before, record.viewer, this.means);
    const programDiff = unifiedDiff(file.name, before, edited.text);
    const { ran, steps } = await this.previewOf(before, edited);
    const warnings = toldOf(ran.events, "warning");
    const known = { steps, programDiff, text: ran.text, warnings };
    if (!ran.succeeded)
      return this.setPreview(record, { ...known, state: "failed", error: this.failure(ran) });
    const bound = await bind(this.means, before, addressesOf(steps));
    const outcome = outcomeOf(steps, programDiff);
    if ((record.state as string) === "discarded") return;
    this.setPreview(record, { ...known, bound, outcome, fingerprint: newId(), state: "ready" });
  }

  private async previewOf(before: string, { text }: Edited): Promise<{ ran: Ran; steps: PlannedStep[] }> {
    const { file, deployer } = this.means;
    const ran =
      text === before
        ? await deployer.preview(file.folder)
        : await inStagedProject(file.folder, file.name, text, (folder) => deployer.preview(folder));
    return { ran, steps: plannedSteps(ran.events) };
  }

  private async run(change: ChangeRecord, preview: PreviewRecord): Promise<void> {
    const turn = {
      label: labelOf(change.by, change.what),
      waits: (what: string | undefined) => this.set(change, what === undefined ? {} : { waitsFor: what }),
    };
    await this.line.take(turn, async () => {
      try {
        delete change.waitsFor;
        this.set(change, { outcome: "running" });
        await this.deploy(change, preview);
      } catch (error) {
        await this.end(change, { outcome: "failed", error: consoleError(error) });
      }
    });
  }

  /** Does what was previewed, if that still is what would happen; else previews anew, and the change asks to be confirmed anew. */
  private async deploy(change: ChangeRecord, preview: PreviewRecord): Promise<void> {
    const { file, deployer } = this.means;
    const before = await file.read();
    const now = await bind(this.means, before, addressesOf(preview.steps));
    const edited = applyEdit(preview.edit, before, preview.viewer, this.means);
    if (!isDeepStrictEqual(now, preview.bound) && !(await this.isSame(preview, before, edited)))
      return this.askAnew(change, preview);
    if (!(await file.replace(before, edited.text))) return this.askAnew(change, preview);
    const ran = await deployer.up(file.folder, `${change.what} (console, ${change.by})`, {
      onText: (text) => this.log(change, text),
      onEvent: ({ resOutputsEvent, resOpFailedEvent }) => {
        const urn = (resOutputsEvent ?? resOpFailedEvent)?.metadata.urn;
        if (urn !== undefined) this.progress(change, urn);
      },
    });
    if (ran.lock !== undefined) await file.replace(edited.text, before);
    if (change.log.length === 0) this.log(change, ran.text);
    await this.end(
      change,
      ran.succeeded ? { outcome: "succeeded" } : { outcome: "failed", error: this.failure(ran) },
    );
  }

  /** Whether a new preview comes to what the old one did. */
  private async isSame(preview: PreviewRecord, before: string, edited: Edited): Promise<boolean> {
    const { ran, steps } = await this.previewOf(before, edited);
    const diff = unifiedDiff(this.means.file.name, before, edited.text);
    return ran.succeeded && outcomeOf(steps, diff) === preview.outcome;
  }

  private async askAnew(change: ChangeRecord, { edit, viewer }: PreviewRecord): Promise<void> {
    const preview = await this.begin(edit, viewer);
    const error = {
      code: "changed",
      message:
        "the program, the state or a host has changed since the preview, and the outcome would be another",
      hint: "Nothing was changed. Look at the new preview, and confirm that",
    };
    await this.end(change, { outcome: "outdated", preview, error });
  }

  private failure(ran: Ran): ConsoleError {
    if (ran.lock !== undefined) {
      this.means.say({ type: "lock", lock: ran.lock });
      const { by, since, text } = ran.lock;
      const when = since === undefined ? "" : ` since ${since}`;
      return {
        code: "locked",
        message: `the stack is locked by ${by}${when}: ${text}`,
        hint: "Wait for that run. If it is dead: pulumi cancel",
      };
    }
    this.means.say({ type: "lock" });
    const [first = "the run failed", ...others] = [...new Set(toldOf(ran.events, "error"))];
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    return { code: "failed", message: `${first}${more}` };
  }

  private async newChange(preview: PreviewRecord, outcome: ChangeRecord["outcome"]): Promise<ChangeRecord> {
    const { viewer, what, steps, programDiff } = preview;
    const change: ChangeRecord = {
      ...{ id: newId(), at: new Date().toISOString(), by: viewer.user, what, outcome, programDiff, log: [] },
      ...(viewer.tenant === undefined ? {} : { tenant: viewer.tenant }),
      steps: steps.map((step) => ({ ...step, done: false })),
    };
    this.records.set(change.id, change);
    await this.keep(change);
    return change;
  }

  private async end(change: ChangeRecord, known: Partial<ChangeRecord>): Promise<void> {
    this.set(change, { ...known, endedAt: new Date().toISOString() });
    await this.history.write(change);
  }

  private async keep(change: ChangeRecord): Promise<void> {
    await this.history.write(change);
    this.means.say({ type: "change", put: summaryOfChange(change) });
  }

  private set(change: ChangeRecord, known: Partial<ChangeRecord>): void {
    Object.assign(change, known);
    this.means.say({ type: "change", put: summaryOfChange(change) });
  }

  private setPreview(record: PreviewRecord, known: Partial<PreviewRecord>): void {
    Object.assign(record, known);
    const { id, state, waitsFor } = record;
    const waiting = state === "waiting" && waitsFor !== undefined ? { waitsFor } : {};
    this.means.say({ type: "preview", id, state, ...waiting });
  }

  private async inTurn(record: PreviewRecord, what: string, work: () => Promise<void>): Promise<void> {
    const turn = {
      label: labelOf(record.viewer.user, what),
      waits: (waitsFor: string | undefined) => {
        if (waitsFor !== undefined && record.state === "waiting") this.setPreview(record, { waitsFor });
      },
    };
    try {
      await this.line.take(turn, work);
    } catch (error) {
      this.setPreview(record, { state: "failed", error: consoleError(error) });
    }
  }

  private log(change: ChangeRecord, text: string): void {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    change.log.push(...lines.slice(0, KEPT_LINES - change.log.length));
  }

  private progress(change: ChangeRecord, urn: string): void {
    const step = change.steps.find((candidate) => candidate.urn === urn);
    if (step === undefined) return;
    step.done = true;
    const done = change.steps.filter((each) => each.done).length;
    this.means.say({ type: "progress", change: change.id, done, total: change.steps.length });
  }
}

/** What a preview comes to, in a few words. */
export function summaryOfPreview({ steps, state }: PreviewRecord): string {
  return state === "ready" || state === "confirmed" ? summaryOf(steps) : "";
}

function labelOf(user: string, what: string): string {
  return `${user}: ${what}, since ${new Date().toISOString().slice(11, 19)} UTC`;
}

function programMoved(): Refusal {
  return new Refusal(409, {
    code: "changed",
    message: "somebody else writes to the program just now",
    hint: "Try again",
  });
}

function newId(): string {
  return randomBytes(8).toString("hex");
}
