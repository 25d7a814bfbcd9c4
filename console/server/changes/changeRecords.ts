import { printable, shortened } from "../../../provider/printable";
import type { Event } from "../../api/events";
import { type History, SHOWN } from "./history";
import { newId } from "./previews";
import { type ChangeRecord, type PreviewRecord, summaryOfChange } from "./record";

/** Lines of a run that are kept: of its beginning, and of its end, where it says what has become of it. */
const FIRST_LINES = 500;
const LAST_LINES = 1500;
/** Characters of a line that are kept. */
const LONGEST_LINE = 2000;

/** The known changes: stored in the history, and reported as they progress. */
export class ChangeRecords {
  private readonly known = new Map<string, ChangeRecord>();

  constructor(
    private readonly history: History,
    private readonly say: (event: Event) => void,
  ) {}

  /** Reads the stored changes. */
  async open(): Promise<void> {
    for (const record of await this.history.read()) this.known.set(record.id, record);
  }

  /** All changes, the latest first. */
  get all(): ChangeRecord[] {
    return [...this.known.values()].reverse();
  }

  find(id: string): ChangeRecord | undefined {
    return this.known.get(id);
  }

  /** A change that does what was previewed. It is not stored yet. */
  create(preview: PreviewRecord, outcome: ChangeRecord["outcome"]): ChangeRecord {
    const { viewer, what, steps, programDiff } = preview;
    const change: ChangeRecord = {
      ...{ id: newId(), at: new Date().toISOString(), by: viewer.user, what, outcome, programDiff, log: [] },
      ...(viewer.tenant === undefined ? {} : { tenant: viewer.tenant }),
      steps: steps.map((step) => ({ ...step, done: false })),
    };
    this.known.set(change.id, change);
    this.deleteOld();
    this.set(change, {});
    return change;
  }

  /** The file has all. */
  private deleteOld(): void {
    const ended = [...this.known.values()].filter(({ endedAt }) => endedAt !== undefined);
    for (const { id } of ended.slice(0, -SHOWN)) this.known.delete(id);
  }

  /** Updates a change, and reports it. */
  set(change: ChangeRecord, known: Partial<ChangeRecord>): void {
    Object.assign(change, known);
    this.say({ type: "change", put: summaryOfChange(change) });
  }

  /** Stores the current state of a change. */
  write(change: ChangeRecord): Promise<void> {
    return this.history.write(change);
  }

  /** Updates, reports and stores a change that has ended. Its end is true even where it cannot be stored, which the log says. */
  async end(change: ChangeRecord, known: Partial<ChangeRecord>): Promise<void> {
    this.set(change, { ...known, endedAt: new Date().toISOString() });
    try {
      await this.write(change);
    } catch (error) {
      console.error(
        printable(`pulumi-taas: the end of change ${change.id} is not stored: ${(error as Error).message}`),
      );
    }
  }

  /** Reports that a resource of a change is done, or has failed. */
  progress(change: ChangeRecord, urn: string, result: { done: true } | { error: string }): void {
    const step = change.steps.find((candidate) => candidate.urn === urn);
    if (step === undefined) return;
    Object.assign(step, result);
    const done = change.steps.filter((each) => each.done || each.error !== undefined).length;
    this.say({ type: "progress", change: change.id, done, total: change.steps.length });
  }

  /** What a run prints, in whole lines. */
  log(change: ChangeRecord, text: string): void {
    change.log = withLines(change.log, text);
  }

  /** All that a run has printed. */
  setLog(change: ChangeRecord, text: string): void {
    change.log = withLines([], text);
  }
}

function withLines(log: readonly string[], text: string): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const all = [...log, ...lines.map((line) => shortened(line, LONGEST_LINE))];
  if (all.length <= FIRST_LINES + 1 + LAST_LINES) return all;
  return [...all.slice(0, FIRST_LINES), "(lines are left out here)", ...all.slice(-LAST_LINES)];
}

/** Tells what is told in pieces in whole lines. */
export function inWholeLines(tell: (lines: string) => void): (piece: string) => void {
  let begun = "";
  return (piece) => {
    const text = begun + piece;
    const end = text.lastIndexOf("\n") + 1;
    begun = text.slice(end);
    if (end > 0) tell(text.slice(0, end));
  };
}
