import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { SUITES } from "../../bench/suites";
import { table } from "../../bench/table";
import { repositoryRoot } from "../engine/fixtureProject";
import { sampleOf } from "../sample";

const page = readFileSync(join(repositoryRoot(), "docs/performance.md"), "utf8");

/** What a figure measures, whatever its size. */
const kindOf = (what: string) => what.replace(/\d+/g, "N");

/** What the documentation has figures of for a suite, from its table's first column. */
function documented(suite: string): Set<string> {
  const block = page.split(`<!-- ${suite} -->`)[1]!.split(`<!-- end of ${suite} -->`)[0]!;
  const cells = [...block.matchAll(/^\| ([^|]+?) +\|/gm)].map(([, cell]) => cell!);
  return new Set(cells.filter((cell) => cell !== "Figure" && !cell.startsWith("**")).map(kindOf));
}

describe("the benchmark", function () {
  this.timeout(300_000);

  for (const [name, measure] of sampleOf(Object.entries(SUITES), 2)) {
    it(`${name}: measures what its documentation shows, with small numbers and without a verdict`, async () => {
      const sections = await measure("smoke");
      const measured = new Set<string>();
      for (const { figures, notes } of sections) {
        if (figures.length === 0) expect(notes.join()).to.match(/^skipped: /);
        for (const { what, ours, baseline, ratio } of figures) {
          measured.add(kindOf(what));
          expect([ours, baseline].join(), what).to.match(/^\d.*,\d/);
          expect(Number.isFinite(ratio) && ratio >= 0, `${what}: ratio ${ratio}`).to.equal(true);
        }
      }
      const shown = documented(name);
      const isShown = (what: string) => shown.size === 0 || shown.has(what); // the table is empty until a suite was measured in full
      expect([...measured].filter((what) => !isShown(what))).to.deep.equal([]);
      expect(table(sections, "smoke")).not.to.match(/\| *(?:met|missed|at most|at least)\b/);
    });
  }
});
