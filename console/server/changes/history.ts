import { createReadStream } from "node:fs";
import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { printable } from "../../../provider/printable";
import type { ChangeRecord } from "./record";

/** The most changes that are shown; the file contains all. */
export const SHOWN = 500;

/** Where a stack's changes are stored: in the project's folder, one line of JSON for each update of a change. */
export class History {
  private last: Promise<void> = Promise.resolve();
  private isBegun = false;

  /** `file`: if undefined, nothing is stored. */
  constructor(private readonly file: string | undefined) {}

  /**
   * The stored changes, the oldest first. A run without a final line was cut off together with the console. Unreadable
   * lines are skipped.
   */
  async read(): Promise<ChangeRecord[]> {
    if (this.file === undefined) return [];
    const records = new Map<string, ChangeRecord>();
    try {
      for await (const line of createInterface({ input: createReadStream(this.file) })) {
        const record = parse(line);
        if (record !== undefined) records.set(record.id, record);
        const [oldest] = records.keys();
        if (records.size > SHOWN) records.delete(oldest!);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        console.error(printable(`pulumi-taas: the changes in ${this.file}: ${(error as Error).message}`));
    }
    return [...records.values()].map(ended);
  }

  /** Stores the current state of a change. */
  write(record: ChangeRecord): Promise<void> {
    const { file } = this;
    if (file === undefined) return Promise.resolve();
    // A console that was killed may have left half a line.
    const line = `${this.isBegun ? "" : "\n"}${JSON.stringify(record)}\n`;
    this.isBegun = true;
    const done = this.last.then(async () => {
      await mkdir(dirname(file), { recursive: true });
      await appendFile(file, line, { mode: 0o600 });
    });
    this.last = done.catch(() => {
      // Half of the line may have been written.
      this.isBegun = false;
    });
    return done;
  }
}

function parse(line: string): ChangeRecord | undefined {
  if (line === "") return undefined;
  try {
    const record = JSON.parse(line) as ChangeRecord | null;
    return typeof record?.id === "string" ? record : undefined;
  } catch {
    return undefined;
  }
}

function ended(record: ChangeRecord): ChangeRecord {
  if (!["running", "waiting", "awaiting-approval"].includes(record.outcome)) return record;
  const message =
    record.outcome === "running"
      ? "the console ended while this was running: Pulumi may have done part of it"
      : "the console ended before this ran";
  return {
    ...record,
    outcome: "failed",
    error: { code: "interrupted", message, hint: "Preview again: it shows what is left to do" },
  };
}
