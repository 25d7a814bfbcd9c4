import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Notes how much memory the providers' processes of a stack have had at most. */
export interface MemoryNote {
  /** For the environment of the stack. */
  env: Record<string, string>;
  /** MiB of the process that had most. */
  read(): number;
  remove(): void;
}

/** Starts a note. The process itself writes it, twice a second: what an engine does at its end leaves no time for it. */
export function noteMemory(): MemoryNote {
  const directory = mkdtempSync(join(tmpdir(), "taas-memory-"));
  const file = join(directory, "most");
  return {
    env: { NODE_OPTIONS: `--require=${require.resolve("./writeMemory")}`, TAAS_BENCH_MEMORY: file },
    read: () => Number(readFileSync(file, "utf8")),
    remove: () => rmSync(directory, { recursive: true }),
  };
}
