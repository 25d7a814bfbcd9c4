import { appendFile, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { ChangeRecord } from "./record";

/** Changes that are shown; the file has all. */
const SHOWN = 500;

/** Where a stack's changes are kept: in the project's folder, one line of JSON each time that something is known of one. */
export class History {
  private last: Promise<void> = Promise.resolve();

  /** `file`: undefined keeps nothing. */
  constructor(private readonly file: string | undefined) {}

  /** What was kept, the oldest first. A run that no line ends was cut off with the console. Lines that cannot be read are passed over. */
  async read(): Promise<ChangeRecord[]> {
    if (this.file === undefined) return [];
    const text = await readFile(this.file, "utf8").catch(() => "");
    const records = new Map<string, ChangeRecord>();
    for (const line of text.split("\n")) {
      const record = parse(line);
      if (record !== undefined) records.set(record.id, record);
    }
    return [...records.values()].slice(-SHOWN).map(ended);
  }

  /** Keeps what is known of a change now. */
  write(record: ChangeRecord): Promise<void> {
    const { file } = this;
    if (file === undefined) return Promise.resolve();
    const line = `${JSON.stringify(record)}\n`;
    const done = this.last.then(async () => {
      await mkdir(dirname(file), { recursive: true });
      await appendFile(file, line, { mode: 0o600 });
    });
    this.last = done.catch(() => {});
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
      ? "the console ended while this ran: Pulumi may have done a part of it"
      : "the console ended before this ran";
  return {
    ...record,
    outcome: "failed",
    error: { code: "interrupted", message, hint: "Preview again: it shows what is left to do" },
  };
}
