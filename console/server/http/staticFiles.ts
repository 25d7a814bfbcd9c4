import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { notFound } from "../refusal";

/** The page's files by their exact paths: no path of a request ever becomes a path on this machine. */
const FILES: Readonly<Record<string, { file: string; type: string }>> = {
  "/app.js": { file: "app.js", type: "text/javascript; charset=utf-8" },
  "/app.css": { file: "app.css", type: "text/css; charset=utf-8" },
  "/icon.svg": { file: "icon.svg", type: "image/svg+xml" },
};

const PAGE = { file: "index.html", type: "text/html; charset=utf-8" };

/** The screens, which all are the same page. An id may be an encoded owner key. */
const SCREEN = /^\/(?:(?:taps|changes|previews|services|hosts)(?:\/[\w.%-]{1,2048})?|new)?$/;

/** A file of the page. Throws a Refusal for any other path. */
export async function staticFile(folder: string, path: string): Promise<{ type: string; content: Buffer }> {
  const known = Object.hasOwn(FILES, path) ? FILES[path] : SCREEN.test(path) ? PAGE : undefined;
  if (known === undefined) throw notFound("page");
  try {
    return { type: known.type, content: await readFile(join(folder, known.file)) };
  } catch {
    throw notFound("page");
  }
}
