import { randomBytes } from "node:crypto";
import type { Edit } from "../../api/edit";
import type { Ran } from "../deploy/deployer";
import { inStagedProject } from "../deploy/staged";
import { type PlannedStep, plannedSteps, summaryOf, toldOf } from "../deploy/steps";
import type { ProjectFiles } from "../program/projectFiles";
import { unifiedDiff } from "../program/unifiedDiff";
import { consoleError, notFound, Refusal } from "../refusal";
import { sees, type Viewer } from "../roles/viewer";
import { applyEdit, type Edited } from "./applyEdit";
import { addressesOf, bind, outcomeOf, withHosts } from "./bind";
import { failureOf, labelOf, type Means, tellLock } from "./means";
import { ownReason } from "./reason";
import type { PreviewRecord } from "./record";

/** Previews of one person that are kept; the oldest are deleted. */
const KEPT = 20;
/** The most previews of one person that wait or run at the same time. */
const WAITING = 10;

/** Previews of changes. */
export class Previews {
  private readonly records = new Map<string, PreviewRecord>();

  constructor(private readonly means: Means) {}

  /** A preview that a viewer may see. Throws a Refusal. */
  get(id: string, viewer: Viewer): PreviewRecord {
    const record = this.records.get(id);
    if (record === undefined || !sees(viewer, record.viewer)) throw notFound("preview");
    return record;
  }

  /** Whose preview that is; undefined if there is none. */
  viewerOf(id: string): Viewer | undefined {
    return this.records.get(id)?.viewer;
  }

  /**
   * Starts a preview of an edit. Throws a Refusal if the edit is impossible; what Pulumi refuses is part of the
   * preview.
   */
  async begin(edit: Edit, viewer: Viewer): Promise<string> {
    this.limit(viewer);
    const { what } = applyEdit(edit, await this.means.file.read(), viewer, this.means);
    const record: PreviewRecord = {
      ...{ id: newId(), viewer, edit, what, state: "waiting" },
      ...{ steps: [], programDiff: "", text: "", warnings: [] },
    };
    this.records.set(record.id, record);
    this.deleteOld(viewer);
    void this.inTurn(record);
    return record.id;
  }

  /** Discards a preview that nobody needs any more. */
  discard(id: string, viewer: Viewer): void {
    const record = this.get(id, viewer);
    if (record.state === "confirmed")
      throw new Refusal(409, { code: "changed", message: "it is confirmed already" });
    this.set(record, { state: "discarded" });
  }

  /** Whether what a preview of the project, as it is now, would come to is what an earlier one came to. */
  async isSame(preview: PreviewRecord, project: ProjectFiles, edited: Edited): Promise<boolean> {
    const { ran, steps } = await this.run(project, edited);
    return ran.succeeded && outcomeOf(steps) === preview.outcome;
  }

  /** Updates a preview, and reports it. */
  set(record: PreviewRecord, known: Partial<PreviewRecord>): void {
    Object.assign(record, known);
    const { id, state, waitsFor } = record;
    const waiting = state === "waiting" && waitsFor !== undefined ? { waitsFor } : {};
    this.means.say({ type: "preview", id, state, ...waiting });
  }

  /** Nobody's previews push out those of others. */
  private deleteOld({ user }: Viewer): void {
    const own = [...this.records.values()].filter(({ viewer }) => viewer.user === user);
    for (const { id, state } of own.slice(0, -KEPT))
      if (state !== "waiting" && state !== "running") this.records.delete(id);
  }

  /** Each preview is a run of Pulumi that others have to wait for. */
  private limit({ user }: Viewer): void {
    const own = [...this.records.values()].filter(
      ({ viewer, state }) => viewer.user === user && (state === "waiting" || state === "running"),
    );
    if (own.length < WAITING) return;
    throw new Refusal(429, {
      code: "too-many",
      message: `${WAITING} previews of yours have not ended yet`,
      hint: "Wait for them",
    });
  }

  private async inTurn(record: PreviewRecord): Promise<void> {
    const turn = {
      label: labelOf(record.viewer.user, `preview of ${record.what}`),
      waits: (waitsFor: string | undefined) => {
        if (waitsFor !== undefined && record.state === "waiting") this.set(record, { waitsFor });
      },
    };
    try {
      await this.means.line.take(turn, () => this.compute(record));
    } catch (error) {
      this.set(record, { state: "failed", error: consoleError(error) });
    }
  }

  private async compute(record: PreviewRecord): Promise<void> {
    if (record.state === "discarded") return;
    this.means.line.checkOpen();
    this.set(record, { state: "running" });
    const { file } = this.means;
    const project = await file.project();
    const before = project.text(file.name);
    const edited = applyEdit(record.edit, before, record.viewer, this.means);
    const programDiff = unifiedDiff(file.name, before, edited.text);
    // A change while Pulumi is running must be detected, so this is read first.
    const start = await bind(this.means, project);
    const { ran, steps } = await this.run(project, edited);
    const known = { steps, programDiff, text: ran.text, warnings: toldOf(ran.events, "warning") };
    if (!ran.succeeded) {
      const reason = ownReason(ran, record.viewer, { steps, text: edited.text }, this.means);
      return this.set(record, {
        ...known,
        state: "failed",
        error: failureOf(ran),
        ...(reason === undefined ? {} : { reason }),
      });
    }
    const bound = await withHosts(this.means, start, addressesOf(steps));
    if (isDiscarded(record)) return;
    const outcome = outcomeOf(steps);
    this.set(record, { ...known, bound, outcome, fingerprint: newId(), state: "ready" });
  }

  private async run(project: ProjectFiles, { text }: Edited): Promise<{ ran: Ran; steps: PlannedStep[] }> {
    const { file, deployer } = this.means;
    const ran = await inStagedProject(project.with(file.name, text), "discarded", (folder) =>
      deployer.preview(folder),
    );
    // A preview takes no lock of a file backend: that it could run does not say that a run could.
    if (ran.lock !== undefined) tellLock(ran, this.means.say);
    return { ran, steps: plannedSteps(ran.events) };
  }
}

function isDiscarded({ state }: PreviewRecord): boolean {
  return state === "discarded";
}

/** The outcome of a preview in a few words. */
export function summaryOfPreview({ steps, state }: Pick<PreviewRecord, "steps" | "state">): string {
  return state === "ready" || state === "confirmed" ? summaryOf(steps) : "";
}

/** An id that nobody can guess. */
export function newId(): string {
  return randomBytes(8).toString("hex");
}
