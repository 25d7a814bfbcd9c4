import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../engine/fixtureProject";

const root = repositoryRoot();
const workflows = readdirSync(join(root, ".github/workflows")).map((name) => `.github/workflows/${name}`);
const { scripts, engines } = JSON.parse(read("package.json")) as {
  scripts: Record<string, string>;
  engines: { node: string };
};

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** All that a pattern's first group matches in a file. */
function found(path: string, pattern: RegExp): string[] {
  return [...read(path).matchAll(pattern)].map(([, text]) => text!);
}

/** The Markdown files of a folder, by their paths from the root. */
function pagesOf(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
}

describe("what contributors and workflows run", () => {
  const told = [
    ...workflows,
    ".devcontainer/devcontainer.json",
    ...pagesOf("."),
    ...pagesOf("docs"),
    ...pagesOf("test"),
  ];

  it("are scripts of package.json", () => {
    const names = told.flatMap((path) => found(path, /\bnpm run ([a-z][a-z:]*)/g));
    expect(names).to.include.members(["build", "lint", "test:all"]);
    expect(Object.keys(scripts)).to.include.members([...new Set(names)]);
    expect(scripts).to.have.property("test");
  });

  it("are files of the repository", () => {
    const paths = told.flatMap((path) => [
      ...found(path, /\bbash ([\w./-]+\.sh)\b/g),
      ...found(path, /\buses: \.\/(\S+)/g),
      ...found(path, /\bnode-version-file: (\S+)/g),
    ]);
    expect(paths).to.include.members(["scripts/setup.sh", ".github/workflows/ci.yml", ".nvmrc"]);
    for (const path of paths) expect(existsSync(join(root, path)), path).to.equal(true);
  });

  it("are, in CI, run with the oldest Node.js that package.json allows, and with that of contributors", () => {
    const [versions] = found(".github/workflows/ci.yml", /^ {8}node: \[([^\]]*)\]/gm);
    expect(versions!.replaceAll('"', "").split(", ")).to.include.members([
      engines.node.replace(">=", ""),
      read(".nvmrc").trim(),
    ]);
  });

  it("are commands and programs of sources that exist", () => {
    const built = told.flatMap((path) => found(path, /\bnode [^`\n]*?(dist\/test\/[\w./-]+\.js)\b/g));
    expect(built).to.include("dist/test/lab/cli.js");
    for (const path of built) {
      const source = path.replace(/^dist\//, "").replace(/\.js$/, ".ts");
      expect(existsSync(join(root, source)), source).to.equal(true);
    }
  });

  it("are, in a workflow, actions of a fixed version and jobs that end", () => {
    for (const path of workflows) {
      for (const action of found(path, /\buses: (?!\.\/)(\S+)/g))
        expect(action, path).to.match(/@v\d+$|@[0-9a-f]{40}$/);
      const jobs = found(path, /^ {4}(runs-on): /gm).length;
      expect(found(path, /^ {4}(timeout-minutes): /gm), path).to.have.length(jobs);
      expect(read(path), path).to.match(/^permissions:\n {2}contents: read$/m);
    }
  });
});
