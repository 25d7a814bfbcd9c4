import type { Event } from "../../api";
import type { History } from "./history";
import { newId } from "./previews";
import { type ChangeRecord, type PreviewRecord, summaryOfChange } from "./record";

/** Lines of a run that are kept. */
const KEPT_LINES = 2000;

/** The changes that are known: kept in the history, and told of as they go on. */
export class ChangeRecords {
  private readonly known = new Map<string, ChangeRecord>();

  constructor(
    private readonly history: History,
    private readonly say: (event: Event) => void,
  ) {}

  /** Reads what was kept. */
  async open(): Promise<void> {
    for (const record of await this.history.read()) this.known.set(record.id, record);
  }

  /** All, the last first. */
  get all(): ChangeRecord[] {
    return [...this.known.values()].reverse();
  }

  find(id: string): ChangeRecord | undefined {
    return this.known.get(id);
  }

  /** A change that does what was previewed. It is not kept yet. */
  create(preview: PreviewRecord, outcome: ChangeRecord["outcome"]): ChangeRecord {
    const { viewer, what, steps, programDiff } = preview;
    const change: ChangeRecord = {
      ...{ id: newId(), at: new Date().toISOString(), by: viewer.user, what, outcome, programDiff, log: [] },
      ...(viewer.tenant === undefined ? {} : { tenant: viewer.tenant }),
      steps: steps.map((step) => ({ ...step, done: false })),
    };
    this.known.set(change.id, change);
    this.set(change, {});
    return change;
  }

  /** Notes what is known of a change now, and tells of it. */
  set(change: ChangeRecord, known: Partial<ChangeRecord>): void {
    Object.assign(change, known);
    this.say({ type: "change", put: summaryOfChange(change) });
  }

  /** Keeps what is known of a change now. */
  write(change: ChangeRecord): Promise<void> {
    return this.history.write(change);
  }

  /** The same for a change that is over. */
  async end(change: ChangeRecord, known: Partial<ChangeRecord>): Promise<void> {
    this.set(change, { ...known, endedAt: new Date().toISOString() });
    await this.write(change);
  }

  /** A resource of a change is done, or has failed. */
  progress(change: ChangeRecord, urn: string | undefined, result: { done: true } | { error: string }): void {
    const step = change.steps.find((candidate) => candidate.urn === urn);
    if (step === undefined) return;
    Object.assign(step, result);
    const done = change.steps.filter((each) => each.done || each.error !== undefined).length;
    this.say({ type: "progress", change: change.id, done, total: change.steps.length });
  }

  /** What a run prints. */
  log(change: ChangeRecord, text: string): void {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    change.log.push(...lines.slice(0, KEPT_LINES - change.log.length));
  }
}
