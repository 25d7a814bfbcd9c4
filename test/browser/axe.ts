import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Page } from "playwright-core";

interface Finding {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

const SOURCE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** Expects that axe finds nothing on the page as it is now, by any of its rules. */
export async function expectAccessible(page: Page): Promise<void> {
  // By the debugger's way in, which the page's own policy does not close.
  await page.evaluate(SOURCE);
  const findings = (await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  )) as Finding[];
  const told = findings.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}\n${failureSummary}`),
  );
  expect(told, page.url()).to.deep.equal([]);
}
