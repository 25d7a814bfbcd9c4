import {
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
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
  const staged = await createBeside(await realpath(project.folder));
  try {
    await fill(staged, project);
    try {
      return await work(staged);
    } finally {
      if (written === "kept") await keep(staged, project);
    }
  } finally {
    await rm(staged, { recursive: true, force: true }).catch(({ message }: Error) =>
      report(`the copy of the project, ${staged}, cannot be deleted: ${message}`),
    );
  }
}

/** What goes wrong after a run does not change how the run has ended. */
function report(message: string): void {
  console.error(printable(`pulumi-taas: ${message}`));
}

/** What has appeared in the project since it was read is not linked: it has not been previewed. */
async function fill(staged: string, { folder, byName, others }: ProjectFiles): Promise<void> {
  for (const name of others) await symlink(join(resolve(folder), name), join(staged, name));
  for (const [name, { content, mode }] of byName) await writeFile(join(staged, name), content, { mode });
}

/** Brings what was written in a copy into the project: new files and folders, and files that nobody else has changed there. */
async function keep(staged: string, project: ProjectFiles): Promise<void> {
  const { folder } = project;
  const names = await readdir(staged).catch(() => []);
  for (const name of names)
    try {
      if (!(await keepOne(name, staged, project)))
        report(`${name}, which a run has written, stays in ${folder} as others have it`);
    } catch (error) {
      report(`${name}, which a run has written, cannot be brought to ${folder}: ${(error as Error).message}`);
    }
}

/** False where somebody else has written the same file. */
async function keepOne(name: string, staged: string, { folder, byName }: ProjectFiles): Promise<boolean> {
  const [from, to] = [join(staged, name), join(folder, name)];
  const found = await lstat(from);
  if (found.isSymbolicLink() && !byName.has(name)) return true;
  const before = byName.get(name)?.content;
  const after = found.isFile() ? await readFile(from) : undefined;
  if (before !== undefined && after?.equals(before)) return true;
  const isTaken = await lstat(to).then(
    () => true,
    () => false,
  );
  if (isTaken) return before !== undefined && after !== undefined && replaceFile(to, before, after);
  await move(from, to);
  return true;
}

/** The project may be a file system of its own, onto which nothing can be renamed. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    await cp(from, to, { recursive: true, verbatimSymlinks: true });
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
