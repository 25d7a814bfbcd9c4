import { lstat, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { TaasError } from "../../../provider/errors";
import { printable } from "../../../provider/printable";
import { replaceFile } from "../program/programFile";
import type { ProjectFiles } from "../program/projectFiles";

/** Copies of one project at the same time: each is of another console. */
const MOST_COPIES = 9;
/** Milliseconds after which a copy is taken for left behind by a console that was killed. */
const STALE = 24 * 60 * 60 * 1000;

/**
 * Does some work in a copy of a project, whose files are as they were read, whatever is written to the project meanwhile. The copy is a
 * folder beside the project, so that relative paths lead where they do from there; folders of the project are links in it. `written`: what
 * becomes of files that the work has written there, as it would have in the project.
 */
export async function inStagedProject<T>(
  project: ProjectFiles,
  written: "kept" | "discarded",
  work: (staged: string) => Promise<T>,
): Promise<T> {
  const staged = await createBeside(resolve(project.folder));
  try {
    await fill(staged, project);
    try {
      return await work(staged);
    } finally {
      if (written === "kept") await keep(staged, project);
    }
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

async function fill(staged: string, { folder, byName }: ProjectFiles): Promise<void> {
  const others = (await readdir(folder)).filter((name) => !byName.has(name));
  for (const name of others) await symlink(join(resolve(folder), name), join(staged, name));
  for (const [name, { content, mode }] of byName) await writeFile(join(staged, name), content, { mode });
}

/** Brings what was written in a copy into the project: new files and folders, and files that nobody else has changed there. */
async function keep(staged: string, { folder, byName }: ProjectFiles): Promise<void> {
  for (const name of await readdir(staged)) {
    const [from, to] = [join(staged, name), join(folder, name)];
    const found = await lstat(from);
    if (found.isSymbolicLink() && !byName.has(name)) continue;
    const before = byName.get(name)?.content;
    const after = found.isFile() ? await readFile(from) : undefined;
    if (before !== undefined && after?.equals(before)) continue;
    const isTaken = await lstat(to).then(
      () => true,
      () => false,
    );
    if (!isTaken) await rename(from, to);
    else if (before === undefined || after === undefined || !(await replaceFile(to, before, after)))
      console.error(
        printable(`pulumi-taas: ${name}, which a run has written, stays in ${folder} as others have it`),
      );
  }
}

/** A new folder, of the same name each time: a program may ask where it runs. */
async function createBeside(project: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? "" : `-${number}`;
    const path = join(dirname(project), `.${basename(project)}-console${suffix}`);
    try {
      await deleteStale(path);
      await mkdir(path, { mode: 0o700 });
      return path;
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === "EEXIST" && number < MOST_COPIES) continue;
      throw new TaasError(`no folder ${path} can be created for a copy of the project: ${message}`, {
        code: "invalid-config",
        hint: "Previews and runs need one beside the project: let the console write there",
        cause,
      });
    }
  }
}

async function deleteStale(path: string): Promise<void> {
  const created = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  if (Date.now() - created > STALE) await rm(path, { recursive: true, force: true });
}
