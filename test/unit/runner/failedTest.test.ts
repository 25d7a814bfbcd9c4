import { expect } from "chai";
import { Test } from "mocha";
import { failedTest } from "../../runner/report";

const test = new Test("counts", () => {});

describe("a failed test in the summary of a run", () => {
  it("says what was expected, and where", () => {
    const error = Object.assign(new Error("is another"), { actual: "1\n2", expected: "1\n3" });
    const lines = failedTest(test, error).split("\n");
    expect(lines[0]).to.match(/counts$/);
    expect(lines).to.include.members(["    is another", "    -2", "    +3"]);
    expect(lines.at(-1)).to.match(/^ {4}at /);
  });

  it("says why in a bounded number of lines", () => {
    expect(failedTest(test, new Error("no\n".repeat(10_000))).split("\n")).to.have.length(31);
  });
});
