import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryRoot } from "../../engine/fixtureProject";
import { ALONE, LONGEST, planOf } from "../../runner/plan";
import { allTestFiles, builtPath, select, splitArguments } from "../../runner/select";

const FILES = ["integration/copies/moment", "integration/drift/pieces", "integration/ovs", "unit/ovs/values"];

describe("which test files a run takes", () => {
  for (const [what, word, files] of [
    ["a built file", "dist/test/integration/ovs.test.js", ["integration/ovs"]],
    ["a source file", "test/integration/ovs.test.ts", ["integration/ovs"]],
    ["a path without ending", "./integration/ovs", ["integration/ovs"]],
    ["a directory", "test/integration/", FILES.slice(0, 3)],
    ["a part of a name", "moment", ["integration/copies/moment"]],
    ["a part that several have", "ovs", ["integration/ovs", "unit/ovs/values"]],
  ] as const) {
    it(`can be named by ${what}`, () => {
      expect(select(FILES, [word])).to.deep.equal(files);
    });
  }

  it("is all of them without a word, and those of each word, none twice", () => {
    expect(select(FILES, [])).to.deep.equal(FILES);
    expect(select(FILES, ["unit", "values", "pieces"])).to.deep.equal([FILES[1], FILES[3]]);
  });

  it("is an error if a word names none", () => {
    expect(() => select(FILES, ["moment", "nothing"])).to.throw("no test file is called nothing");
  });

  it("leaves options to mocha, with their values", () => {
    expect(splitArguments(["ovs", "--grep", "a tap"])).to.deep.equal({
      words: ["ovs"],
      options: ["--grep", "a tap"],
    });
    expect(splitArguments([])).to.deep.equal({ words: [], options: [] });
  });

  it("is found in the sources, and built", () => {
    const files = allTestFiles(repositoryRoot());
    expect(files).to.include.members(["unit/runner/select", "integration/copies/moment"]);
    for (const file of files)
      expect(existsSync(join(repositoryRoot(), builtPath(file))), file).to.equal(true);
  });
});

describe("in what order test files run", () => {
  it("is pure tests in one process, then the longest first, and those that measure alone", () => {
    const { together, alone } = planOf([
      "unit/a",
      "integration/ovs",
      "integration/drift/pieces",
      "unit/b",
      ...ALONE,
    ]);
    expect(together.map(({ name }) => name)).to.deep.equal([
      "unit",
      "integration/drift/pieces",
      "integration/ovs",
    ]);
    expect(together[0]!.files).to.deep.equal(["unit/a", "unit/b"]);
    expect(new Set(alone.map(({ name }) => name))).to.deep.equal(ALONE);
  });

  it("is stated for files that exist", () => {
    expect(allTestFiles(repositoryRoot())).to.include.members([...ALONE, ...LONGEST]);
  });
});
