import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { notFound } from "../refusal";

/** The page's files, each by its exact path: no path of a request ever becomes a path on this machine. */
const FILES: Readonly<Record<string, { file: string; type: string }>> = {
  "/app.js": { file: "app.js", type: "text/javascript; charset=utf-8" },
  "/app.css": { file: "app.css", type: "text/css; charset=utf-8" },
  "/icon.svg": { file: "icon.svg", type: "image/svg+xml" },
};

const PAGE = { file: "index.html", type: "text/html; charset=utf-8" };

/** The screens, all of one page. An id may be an owner key, encoded. */
const SCREEN = /^\/(?:(?:taps|changes|previews|services|hosts)(?:\/[\w.%-]{1,2048})?|new)?$/;

/** A file of the page. Throws a Refusal for any path that is none. */
export async function staticFile(folder: string, path: string): Promise<{ type: string; content: Buffer }> {
  const known = Object.hasOwn(FILES, path) ? FILES[path] : SCREEN.test(path) ? PAGE : undefined;
  if (known === undefined) throw notFound("page");
  try {
    return { type: known.type, content: await readFile(join(folder, known.file)) };
  } catch {
    throw notFound("page");
  }
}
