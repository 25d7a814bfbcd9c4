import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { repositoryRoot } from "../../engine/fixtureProject";

describe("what V8 compiles, shared by the processes of a run", () => {
  let directory: string;
  let cache: string;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "taas-compiled-"));
    cache = join(directory, "cache");
    await mkdir(join(directory, "dist"));
  });
  after(() => rmSync(directory, { recursive: true }));

  /** Runs a program with the cache; resolves to what it prints. */
  async function run(text: string): Promise<string> {
    const program = join(directory, "dist/program.js");
    if (!existsSync(program) || readFileSync(program, "utf8") !== text) writeFileSync(program, text);
    const preloaded = join(repositoryRoot(), "dist/test/compileCache.js");
    const env = { NODE_COMPILE_CACHE: cache, NODE_OPTIONS: `--require ${JSON.stringify(preloaded)}` };
    return (await execa(process.execPath, [program, "word"], { env })).stdout;
  }

  it("is kept, and changes nothing in what a file does and sees", async () => {
    const text = `
      exports.answer = 42;
      const all = [module.exports.answer, this === exports, require.main === module, require("./program").answer];
      all.push(__filename.endsWith("program.js"), process.argv[2], require.resolve("./program") === __filename);
      console.log(all.join());
    `;
    const first = await run(text);
    expect(first).to.equal("42,true,true,42,true,word,true");
    expect(readdirSync(cache)).to.have.length.greaterThan(0);
    expect(await run(text)).to.equal(first);
  });

  it("lets a file import, however often it has run", async () => {
    const text = 'import("node:path").then(({ sep }) => console.log(sep));';
    for (let turn = 0; turn < 2; turn++) expect(await run(text)).to.equal("/");
  });

  it("does not concern modules, which a file may require, too", async () => {
    await mkdir(join(directory, "dist/module"));
    writeFileSync(join(directory, "dist/module/package.json"), '{ "type": "module" }');
    writeFileSync(
      join(directory, "dist/module/index.js"),
      'import { sep } from "node:path"; export const slash = sep;',
    );
    expect(await run('console.log(require("./module/index.js").slash)')).to.equal("/");
  });

  it("is compiled again when the file has changed", async () => {
    expect(await run('console.log("old")')).to.equal("old");
    expect(await run('console.log("new")')).to.equal("new");
    expect(await run('console.log("newer")')).to.equal("newer");
  });
});
