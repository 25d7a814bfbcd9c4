import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../../engine/fixtureProject";

/** How a whole program of each language begins; blocks that begin otherwise are parts of programs. */
const BEGINNINGS = { ts: /^import /, yaml: /^(resources|variables):/, python: /^import / } as const;

/** A language that pages have programs in. */
export type Language = keyof typeof BEGINNINGS;

/** The README and the pages of docs/, by their paths from the repository's root. */
export function allPages(): string[] {
  const documents = readdirSync(join(repositoryRoot(), "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", ...documents.map((name) => join("docs", name))];
}

/** The code blocks of a page that are of a language, in order. */
export function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(repositoryRoot(), page), "utf8");
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, block]) =>
    of === language ? [block!] : [],
  );
}

/** The whole programs of a page in a language, in order. */
export function programs(page: string, language: Language): string[] {
  return blocks(page, language).filter((block) => BEGINNINGS[language].test(block));
}
