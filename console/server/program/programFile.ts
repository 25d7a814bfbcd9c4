import { createHash, randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ProjectFiles, textOf } from "./projectFiles";

/** The first 32 hexadecimal digits of the SHA-256 of a text. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** The program's file. Other people edit it too, so it is read again each time, and replaced as a whole. */
export class ProgramFile {
  private last: Promise<unknown> = Promise.resolve();

  constructor(readonly path: string) {}

  get name(): string {
    return basename(this.path);
  }

  get folder(): string {
    return dirname(this.path);
  }

  /** Its text. Throws a Refusal if it is not UTF-8, because it could not be written back unchanged. */
  async read(): Promise<string> {
    return textOf(await readFile(this.path));
  }

  /** The project's files as they are now. */
  project(): Promise<ProjectFiles> {
    return ProjectFiles.read(this.folder);
  }

  /** Replaces one text by another; false if the file has changed by now. */
  replace(before: string, after: string): Promise<boolean> {
    const replaced = this.last.then(() => this.replaceNow(before, after));
    this.last = replaced.catch(() => {});
    return replaced;
  }

  private async replaceNow(before: string, after: string): Promise<boolean> {
    if (before === after) return (await this.read()) === before;
    return replaceFile(this.path, Buffer.from(before), Buffer.from(after));
  }
}

/**
 * Replaces a file as a whole, if it has what it is thought to have; else it stays, and the result is false. Where it is a link, the file that it
 * leads to is replaced, and the link stays. The new file has the owner, group and rights of the old one, as far as this user may give them.
 */
export async function replaceFile(file: string, before: Buffer, after: Buffer): Promise<boolean> {
  const path = await realpath(file);
  const temporary = join(dirname(path), `.${basename(file)}.${randomBytes(6).toString("hex")}`);
  try {
    await createLike(await stat(path), temporary, after);
    if (!(await readFile(path)).equals(before)) return false;
    await rename(temporary, path);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Only this user can read the new file until it has its owner and group. */
async function createLike(old: Stats, path: string, content: Buffer): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content);
    const rights = (await takeGroup(file, old)) ? old.mode & 0o777 : withoutGroup(old.mode);
    // Some file systems have no rights of their own.
    await file.chmod(rights).catch(() => {});
  } finally {
    await file.close();
  }
}

/** Gives a file the group of another, and the owner, too, where this user may. False: this user may give neither. */
async function takeGroup(file: FileHandle, { uid, gid }: Stats): Promise<boolean> {
  for (const owner of [uid, -1])
    try {
      await file.chown(owner, gid);
      return true;
    } catch {
      // A user who is not root may give away no file, and only to groups of its own.
    }
  return false;
}

/** Rights where the group is another one than before: of its members, the old file had the rights of others. */
function withoutGroup(mode: number): number {
  return (mode & 0o707) | ((mode & 0o007) << 3);
}
