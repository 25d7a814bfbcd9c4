import type { ConsoleError } from "../../api/error";
import { consoleError } from "../refusal";
import { type ProgramResource, programResources, readProgram, type StackIdentity } from "./program";
import type { ProgramFile } from "./programFile";

/** Milliseconds between two reads of the program's file. */
const INTERVAL = 500;

/** Reports the program's content now, and each time its file changes, whoever writes it. */
export class ProgramWatch {
  private timer: NodeJS.Timeout | undefined;
  /** The last text read; undefined if the file could not be read. */
  private text: string | undefined;
  private current: ConsoleError | undefined;

  constructor(
    private readonly file: ProgramFile,
    private readonly identity: StackIdentity,
    private readonly changed: (resources: ProgramResource[], error: ConsoleError | undefined) => void,
  ) {}

  /** Why the program cannot be read; undefined while it can. */
  get error(): ConsoleError | undefined {
    return this.current;
  }

  /** Reads it now, and periodically from then on. */
  async start(): Promise<void> {
    await this.look();
    this.timer = setInterval(() => void this.look(), INTERVAL).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    try {
      const text = await this.read();
      if (text === this.text) return;
      this.text = text;
      const resources = programResources(readProgram(text), this.identity);
      this.current = undefined;
      this.changed(resources, undefined);
    } catch (error) {
      const known = consoleError(error);
      if (JSON.stringify(known) === JSON.stringify(this.current)) return;
      this.current = known;
      this.changed([], known);
    }
  }

  private async read(): Promise<string> {
    try {
      return await this.file.read();
    } catch (error) {
      // The file may reappear unchanged.
      this.text = undefined;
      throw error;
    }
  }
}
