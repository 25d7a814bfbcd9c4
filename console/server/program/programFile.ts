import { createHash, randomBytes } from "node:crypto";
import { readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { unreadable } from "../refusal";

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

  /** Its text. Throws a Refusal where it is not in UTF-8: what cannot be read could not be written back as it was. */
  async read(): Promise<string> {
    const content = await readFile(this.path);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
    } catch {
      throw unreadable("the program is not in UTF-8");
    }
  }

  /** Puts a text in the place of another; false where the file is another than that by now. */
  replace(before: string, after: string): Promise<boolean> {
    const replaced = this.last.then(() => this.replaceNow(before, after));
    this.last = replaced.catch(() => {});
    return replaced;
  }

  private async replaceNow(before: string, after: string): Promise<boolean> {
    if (before === after) return (await this.read()) === before;
    // Where the program is a link, the file that it leads to is replaced, and the link stays.
    const path = await realpath(this.path);
    const temporary = join(dirname(path), `.${this.name}.${randomBytes(6).toString("hex")}`);
    try {
      const { mode } = await stat(path);
      await writeFile(temporary, after, { mode });
      if ((await this.read()) !== before) return false;
      await rename(temporary, path);
      return true;
    } finally {
      await rm(temporary, { force: true });
    }
  }
}
