import { readdirSync } from "node:fs";
import { join } from "node:path";

/** A test file by its path below `test/`, without the ending: `integration/lifecycle/moves`. */
export type TestFile = string;

const ENDING = ".test.ts";

/** Every test file of the sources, so that none is run that was deleted and is still in the build. */
export function allTestFiles(root: string): TestFile[] {
  return readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(ENDING))
    .map((path) => path.slice(0, -ENDING.length))
    .sort();
}

/** Where a test file is when it is built. */
export function builtPath(file: TestFile): string {
  return `dist/test/${file}.test.js`;
}

/**
 * The test files that words name: each a file (source or built), a directory, or a part of a name; all files without a word.
 * Throws where a word names none.
 */
export function select(all: readonly TestFile[], words: readonly string[]): TestFile[] {
  if (words.length === 0) return [...all];
  const named = new Set(words.flatMap((word) => filesNamed(all, word)));
  return all.filter((file) => named.has(file));
}

function filesNamed(all: readonly TestFile[], word: string): readonly TestFile[] {
  const name = word.replace(/^(?:\.\/)?(?:dist\/)?(?:test\/)?/, "").replace(/\.test(?:\.[jt]s)?$/, "");
  const found = all.includes(name) ? [name] : all.filter((file) => file.includes(name));
  if (found.length === 0)
    throw new Error(`no test file is called ${word}: give a file, a directory or a part of a name`);
  return found;
}

/** Splits a command line: words that name files, then mocha's options from the first that begins with a dash. */
export function splitArguments(argv: readonly string[]): { words: string[]; options: string[] } {
  const at = argv.findIndex((word) => word.startsWith("-"));
  const end = at < 0 ? argv.length : at;
  return { words: argv.slice(0, end), options: argv.slice(end) };
}
