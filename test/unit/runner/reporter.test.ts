import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { repositoryRoot } from "../../engine/fixtureProject";

const built = (path: string) => JSON.stringify(join(repositoryRoot(), "dist/test", path));

describe("a run of tests", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "taas-reporter-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Runs mocha on a file with this text. */
  async function run(text: string, env: Record<string, string> = {}) {
    const file = join(folder, "a.test.js");
    writeFileSync(file, text);
    const mocha = join(repositoryRoot(), "node_modules/.bin/mocha");
    const result = await execa(mocha, [file], {
      cwd: repositoryRoot(),
      env: { CI: "", ...env },
      reject: false,
    });
    return { lines: result.stdout.trimEnd().split("\n"), exitCode: result.exitCode, stderr: result.stderr };
  }

  it("ends with a line that counts what passed and failed, and with the seed where something failed", async () => {
    const { lines, exitCode } = await run(
      `it("a", () => {}); it("b", () => { throw new Error("no") }); it("c", () => { throw new Error("no") })`,
      { TAAS_SEED: "7" },
    );
    expect(lines.slice(-2)).to.deep.equal(["TAAS_SEED=7 repeats what was random", "1 passed, 2 failed"]);
    expect(exitCode).to.equal(2);
  });

  it("counts what is skipped, which is a failure in CI", async () => {
    const text = `it("a", () => {}); it("b", function () { this.skip(); })`;
    const here = await run(text);
    expect(here.lines.at(-1)).to.equal("1 passed, 0 failed, 1 skipped");
    expect(here.exitCode).to.equal(0);
    const there = await run(text, { CI: "true" });
    expect(there.lines.at(-1)).to.equal("1 passed, 1 failed, 1 skipped");
    expect(there.exitCode).to.equal(1);
  });

  it("lets a test or a suite be skipped for which the machine lacks something, and says what, even in CI", async () => {
    const { lines, exitCode } = await run(
      `const { skipForLackOf } = require(${built("lacking.js")});
       it("a", () => {});
       it("b", function () { skipForLackOf(this, "a wheel") });
       describe("c", () => {
         before(function () { skipForLackOf(this, "a road") });
         it("d", () => {});
         it("e", () => {});
       });`,
      { CI: "true" },
    );
    expect(lines.slice(-3)).to.deep.equal([
      "skipped, for lack of a wheel",
      "skipped, for lack of a road",
      "1 passed, 0 failed, 3 skipped",
    ]);
    expect(exitCode).to.equal(0);
  });

  it("fails if something is left open, and says what", async () => {
    const { stderr, exitCode } = await run(`it("a", () => { setInterval(() => {}, 1000) })`);
    expect(stderr).to.match(/this is still open: .*Timeout/);
    expect(exitCode).to.equal(1);
  }).timeout(60_000);
});
