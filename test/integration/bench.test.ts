import { expect } from "chai";
import { SUITES } from "../../bench/suites";
import { table } from "../../bench/table";
import { sampleOf } from "../sample";

describe("the benchmark", function () {
  this.timeout(300_000);

  for (const [name, measure] of sampleOf(Object.entries(SUITES), 2)) {
    it(`${name}: still measures, with small numbers and without a verdict`, async () => {
      const sections = await measure("smoke");
      expect(sections).not.to.deep.equal([]);
      for (const { figures, notes } of sections) {
        if (figures.length === 0) expect(notes.join()).to.match(/^skipped: /);
        for (const { what, ours, baseline } of figures)
          expect([ours, baseline].join(), what).to.match(/\d.*,.*\d/);
      }
      expect(table(sections, "smoke")).not.to.match(/met|missed|at most|at least/);
    });
  }
});
