import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { assertDeployment, type Deployment, deployment } from "./checkpoint";

/** The file that holds a stack's state; a stack without one is empty. Replaced as a whole, never half-written. */
export class StateFile {
  private next: Promise<void> | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(readonly path: string) {}

  /** Reads the state. */
  async read(): Promise<Deployment> {
    try {
      return assertDeployment(JSON.parse(await readFile(this.path, "utf8")));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return deployment([], []);
      throw new Error(`cannot read the state in ${this.path}`, { cause });
    }
  }

  /** Writes what `produce` gives; several requests made while a write runs share the next one. */
  write(produce: () => Deployment): Promise<void> {
    this.next ??= this.last.then(() => {
      this.next = undefined;
      return this.replace(produce());
    });
    this.last = this.next.catch(() => {});
    return this.next;
  }

  /** Removes the file. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }

  private async replace(state: Deployment): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const temporary = `${this.path}.${process.pid}.tmp`;
    await writeFile(temporary, `${JSON.stringify(state, null, 4)}\n`);
    await rename(temporary, this.path);
  }
}
