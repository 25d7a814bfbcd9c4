import { isDeepStrictEqual } from "node:util";
import type { Following } from "../deploy/deployer";
import { inStagedProject } from "../deploy/staged";
import { progressIn } from "../deploy/steps";
import { unifiedDiff } from "../program/unifiedDiff";
import { consoleError, forbidden, notFound, Refusal } from "../refusal";
import { sees, type Viewer } from "../roles/viewer";
import { applyEdit } from "./applyEdit";
import { addressesOf, bind, withHosts } from "./bind";
import { ChangeRecords, inWholeLines } from "./changeRecords";
import type { History } from "./history";
import { failureOf, labelOf, type Means, tellLock } from "./means";
import { Previews } from "./previews";
import { ownReason } from "./reason";
import { type ChangeRecord, mayApprove, type PreviewRecord } from "./record";

/** Changes of one person that wait for approval at the same time. */
const PENDING = 20;

/**
 * Changes of the program, from their confirmation on. Each belongs to the server, whether or not its author is still
 * connected.
 */
export class Changes {
  readonly previews: Previews;
  private readonly records: ChangeRecords;
  /** Previews that wait for approval, by change. */
  private readonly pending = new Map<string, PreviewRecord>();

  constructor(
    private readonly means: Means,
    history: History,
  ) {
    this.records = new ChangeRecords(history, means.say);
    this.previews = new Previews(means);
  }

  /** Reads the stored changes. */
  open(): Promise<void> {
    return this.records.open();
  }

  /** Lets nothing more begin. Resolves when nothing is running any more; what waited for it has failed then. */
  end(): Promise<void> {
    this.means.line.end();
    return this.idle();
  }

  /** Resolves when nothing is running or waiting. */
  idle(): Promise<void> {
    return this.means.line.idle();
  }

  /** All changes, the latest first. */
  get all(): ChangeRecord[] {
    return this.records.all;
  }

  /** A change that a viewer may see. Throws a Refusal. */
  get(id: string, viewer: Viewer): ChangeRecord {
    const record = this.records.find(id);
    if (record === undefined || !sees(viewer, record)) throw notFound("change");
    return record;
  }

  /** Whether a viewer may see a change or preview. */
  isSeen(id: string, viewer: Viewer): boolean {
    const record = this.records.find(id) ?? this.previews.viewerOf(id);
    return record !== undefined && sees(viewer, record);
  }

  /** Confirms a preview. Resolves to the id of the change, which then runs on its own, or waits for approval. */
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
    if (waits) this.limitPending(preview.viewer);
    const change = this.records.create(preview, waits ? "awaiting-approval" : "waiting");
    this.previews.set(preview, { state: "confirmed", change: change.id });
    await this.storeFirst(change, preview);
    if (waits) this.pending.set(change.id, preview);
    else void this.inTurn(change, preview);
    return change.id;
  }

  /** Nothing runs that the history would not show after a crash. What cannot be stored can be confirmed again. */
  private async storeFirst(change: ChangeRecord, preview: PreviewRecord): Promise<void> {
    try {
      await this.records.write(change);
    } catch (error) {
      delete preview.change;
      this.previews.set(preview, { state: "ready" });
      await this.records.end(change, { outcome: "failed", error: consoleError(error) });
      throw error;
    }
  }

  /** Runs or rejects a change that waits for another person. */
  async decide(id: string, decision: "approve" | "reject", viewer: Viewer): Promise<void> {
    const change = this.get(id, viewer);
    const preview = this.pending.get(id);
    if (!mayApprove(viewer, change) || preview === undefined)
      throw forbidden("only another admin may approve or reject this change");
    this.pending.delete(id);
    if (decision === "reject")
      return this.records.end(change, { outcome: "rejected", approvedBy: viewer.user });
    this.records.set(change, { outcome: "waiting", approvedBy: viewer.user });
    void this.inTurn(change, preview);
  }

  /** What waits for approval is kept, however long it takes. */
  private limitPending({ user }: Viewer): void {
    const own = [...this.pending.values()].filter(({ viewer }) => viewer.user === user);
    if (own.length < PENDING) return;
    throw new Refusal(429, {
      code: "too-many",
      message: `${PENDING} changes of yours wait for approval already`,
      hint: "Ask an admin to approve or reject them in Changes",
    });
  }

  /** Whether another person has to approve a preview. */
  needsApproval({ viewer, steps }: PreviewRecord): boolean {
    if (viewer.role === "admin") return false;
    return this.means.approval || steps.some((step) => !sees(viewer, step));
  }

  /** Writes the edit to the program without running it. */
  async save(id: string, viewer: Viewer): Promise<string> {
    const preview = this.previews.get(id, viewer);
    if (viewer.role !== "admin")
      throw forbidden("other people deploy the program: only an admin may save a change without a run");
    if (preview.state !== "ready" && preview.state !== "failed")
      throw new Refusal(409, { code: "changed", message: "this preview can no longer be saved" });
    const { file } = this.means;
    const before = await file.read();
    const { text } = applyEdit(preview.edit, before, preview.viewer, this.means);
    // A run that finds the stack locked gives the program its old text back, which it could not after a save.
    if (this.all.some(({ outcome }) => outcome === "running"))
      throw new Refusal(409, {
        code: "changed",
        message: "a run of the program is in progress",
        hint: "Save when it has ended",
      });
    if (!(await file.replace(before, text)))
      throw new Refusal(409, {
        code: "changed",
        message: "somebody else is writing to the program",
        hint: "Try again",
      });
    const change = this.records.create(preview, "saved");
    this.previews.set(preview, { state: "confirmed", change: change.id });
    await this.records.end(change, { programDiff: unifiedDiff(file.name, before, text) });
    return change.id;
  }

  private async inTurn(change: ChangeRecord, preview: PreviewRecord): Promise<void> {
    const turn = {
      label: labelOf(change.by, change.what),
      waits: (waitsFor: string | undefined) => {
        if (waitsFor !== undefined) this.records.set(change, { waitsFor });
      },
    };
    await this.means.line.take(turn, async () => {
      delete change.waitsFor;
      try {
        this.means.line.checkOpen();
        this.records.set(change, { outcome: "running" });
        await this.deploy(change, preview);
      } catch (error) {
        await this.records.end(change, { outcome: "failed", error: consoleError(error) });
      }
    });
  }

  /**
   * Does what was previewed, if that still is what would happen; else previews anew, to be confirmed anew. What is written to the project from
   * here on is not deployed: it has not been previewed.
   */
  private async deploy(change: ChangeRecord, preview: PreviewRecord): Promise<void> {
    const { file, deployer } = this.means;
    const project = await file.project();
    const before = project.text(file.name);
    const now = await withHosts(this.means, await bind(this.means, project), addressesOf(preview.steps));
    const edited = applyEdit(preview.edit, before, preview.viewer, this.means);
    const isSame =
      isDeepStrictEqual(now, preview.bound) || (await this.previews.isSame(preview, project, edited));
    this.means.line.checkOpen();
    if (!isSame || !(await file.replace(before, edited.text))) return this.askAnew(change, preview);
    await this.records.write(change);
    const ran = await inStagedProject(project.with(file.name, edited.text), "kept", (folder) =>
      deployer.up(folder, `${change.what} (console, ${change.by})`, this.following(change)),
    );
    tellLock(ran, this.means.say);
    const isBack = ran.lock === undefined || (await file.replace(edited.text, before).catch(() => false));
    if (ran.text !== "") this.records.setLog(change, ran.text);
    if (ran.succeeded) return this.records.end(change, { outcome: "succeeded" });
    const { viewer, steps } = preview;
    const reason = ownReason(ran, viewer, { steps, text: edited.text }, this.means);
    const error = failureOf(ran);
    if (!isBack) error.message += ". The program keeps the change: somebody else has edited it meanwhile";
    const why = { error, ...(reason === undefined ? {} : { reason }) };
    return this.records.end(change, { outcome: "failed", ...why });
  }

  private following(change: ChangeRecord): Following {
    return {
      onText: inWholeLines((lines) => this.records.log(change, lines)),
      onEvent: (event) => {
        const progress = progressIn(event);
        if (progress !== undefined) this.records.progress(change, progress.urn, progress.result);
      },
    };
  }

  private async askAnew(change: ChangeRecord, { edit, viewer }: PreviewRecord): Promise<void> {
    const preview = await this.previews.begin(edit, viewer);
    const error = {
      code: "changed",
      message:
        "the program, the state or a host has changed since the preview, and the outcome would be different",
      hint: "Nothing was changed. Check the new preview, and confirm it",
    };
    await this.records.end(change, { outcome: "outdated", preview, error });
  }
}
