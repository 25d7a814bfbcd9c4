import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { TaasError } from "../../../provider/errors";

/**
 * Does some work in a copy of a project whose program is another text. The copy is a folder beside the project, with a link to each of its other
 * files, so that relative paths lead where they do from the project itself. The project is not touched, whatever becomes of the work.
 */
export async function inStagedProject<T>(
  folder: string,
  file: string,
  text: string,
  work: (staged: string) => Promise<T>,
): Promise<T> {
  const project = resolve(folder);
  const staged = await createBeside(project);
  try {
    for (const name of await readdir(project))
      if (name !== file) await symlink(join(project, name), join(staged, name));
    await writeFile(join(staged, file), text);
    return await work(staged);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

async function createBeside(project: string): Promise<string> {
  try {
    return await mkdtemp(join(dirname(project), `.${basename(project)}-preview-`));
  } catch (cause) {
    throw new TaasError(`no folder can be created beside ${project}: ${(cause as Error).message}`, {
      code: "invalid-config",
      hint: "A preview needs one for a moment, so that the project itself stays untouched: let the console write there",
      cause,
    });
  }
}
