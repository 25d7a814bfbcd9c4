import { createHash, randomBytes } from "node:crypto";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The first 32 hexadecimal digits of the SHA-256 of a text. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** The program's file. Others edit it too: it is read anew each time, and replaced as a whole. */
export class ProgramFile {
  private last: Promise<unknown> = Promise.resolve();

  constructor(readonly path: string) {}

  get name(): string {
    return basename(this.path);
  }

  get folder(): string {
    return dirname(this.path);
  }

  read(): Promise<string> {
    return readFile(this.path, "utf8");
  }

  /** Puts a text in the place of another; false where the file is another than that by now. */
  replace(before: string, after: string): Promise<boolean> {
    const replaced = this.last.then(() => this.replaceNow(before, after));
    this.last = replaced.catch(() => {});
    return replaced;
  }

  private async replaceNow(before: string, after: string): Promise<boolean> {
    if (before === after) return (await this.read()) === before;
    const temporary = join(this.folder, `.${this.name}.${randomBytes(6).toString("hex")}`);
    try {
      const { mode } = await stat(this.path);
      await writeFile(temporary, after, { mode });
      if ((await this.read()) !== before) return false;
      await rename(temporary, this.path);
      return true;
    } finally {
      await rm(temporary, { force: true });
    }
  }
}
