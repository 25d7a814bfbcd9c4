import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { unreadable } from "../refusal";

/** Bytes of a file that is read; a larger one is no program and no configuration. */
const LARGEST = 1024 * 1024;

/** What a file of a project has. */
export interface ProjectFile {
  content: Buffer;
  mode: number;
}

/**
 * The files in a project's folder as they were at one moment: the program, the configuration of its stacks, and what it reads. A run gets
 * them as they were previewed, whoever writes to the folder meanwhile. Folders in it, such as `node_modules`, and files over 1 MiB are none.
 */
export class ProjectFiles {
  private constructor(
    readonly folder: string,
    readonly byName: ReadonlyMap<string, ProjectFile>,
    /** Names of all else that was there. */
    readonly others: readonly string[],
  ) {}

  static async read(folder: string): Promise<ProjectFiles> {
    const names = (await readdir(folder)).sort();
    const files = await Promise.all(
      names.map(async (name) => [name, await readSmall(join(folder, name))] as const),
    );
    return new ProjectFiles(
      folder,
      new Map(files.flatMap(([name, file]) => (file === undefined ? [] : [[name, file]]))),
      files.flatMap(([name, file]) => (file === undefined ? [name] : [])),
    );
  }

  /** The same with another text in a file. */
  with(name: string, text: string): ProjectFiles {
    const mode = this.byName.get(name)?.mode ?? 0o644;
    return new ProjectFiles(
      this.folder,
      new Map(this.byName).set(name, { content: Buffer.from(text), mode }),
      this.others,
    );
  }

  /** A file's text. Throws a Refusal where it is not in UTF-8: what cannot be read could not be written back as it was. */
  text(name: string): string {
    const file = this.byName.get(name);
    if (file === undefined) throw unreadable(`the project has no file ${name} of at most 1 MiB`);
    return textOf(file.content);
  }

  /** Equal for equal files. */
  get hash(): string {
    const hash = createHash("sha256");
    for (const [name, { content }] of this.byName)
      hash.update(`${JSON.stringify(name)} ${content.length} `).update(content);
    return hash.digest("hex");
  }
}

/** Text in UTF-8. Throws a Refusal where it is not. */
export function textOf(content: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw unreadable("the program is not in UTF-8");
  }
}

/** A file with its content; undefined where it is none, too large, or not to be read. */
async function readSmall(path: string): Promise<ProjectFile | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > LARGEST) return undefined;
    return { content: await readFile(path), mode: found.mode & 0o777 };
  } catch {
    return undefined;
  }
}
