import { expect } from "chai";
import type { Browser } from "playwright-core";
import { startBrowser, type Visit, visit } from "./browser";
import { FakeConsole } from "./fakeConsole";
import { timeOfSearch } from "./search";
import { largeWorld } from "./worlds";

const TAPS = 1000;

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!;
}

describe(`the console's page with ${TAPS} taps on 20 hosts`, () => {
  let browser: Browser;
  let fake: FakeConsole;
  let seen: Visit;

  before(async function () {
    browser = await startBrowser(this);
    fake = await FakeConsole.start(largeWorld(TAPS));
    seen = await visit(browser, fake.origin);
    await seen.page.getByText("1,000 taps", { exact: true }).waitFor();
  });

  after(async () => {
    await seen?.close();
    await browser?.close();
    await fake?.stop();
  });

  it("paints its frame before its script has come, and says how long the first paint took", async () => {
    const times = [];
    for (let round = 0; round < 5; round++) {
      await seen.page.reload();
      await seen.page.getByText("1,000 taps", { exact: true }).waitFor();
      const time = await seen.page.evaluate(`
        performance.getEntriesByName("first-contentful-paint")[0].startTime -
        performance.getEntriesByType("navigation")[0].responseEnd`);
      times.push(Number(time));
    }
    console.log(`      first paint ${median(times).toFixed(0)} ms after the HTML`);
    const page = await seen.page.context().newPage();
    await page.route("**/app.js", (route) => route.abort());
    await page.goto(fake.origin);
    await page.getByText("pulumi-taas").first().waitFor();
    await page.close();
  });

  it("searches all of them, and says how long it takes", async () => {
    const { page } = seen;
    const texts = ["vm-0", "vm-09", "vm-0999", "", "nothing", "port 8"];
    const times = [];
    for (const text of texts) times.push(await timeOfSearch(page, text));
    console.log(`      searches took ${times.map((time) => time.toFixed(0)).join(", ")} ms`);
    await timeOfSearch(page, "vm-0999");
    await page.getByText("1 of 1,000 taps").waitFor();
    expect(await page.getByRole("row").count()).to.equal(2);
  });

  it("takes in a second's counters of all taps, and shows the rest on demand", async () => {
    const { page } = seen;
    await timeOfSearch(page, "");
    await page.getByRole("row").nth(100).waitFor();
    await page.evaluate(`
      globalThis.longest = 0;
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
      }).observe({ type: "longtask" });`);
    const ids = fake.world.snapshot!.taps.map(({ id }) => id);
    fake.send({ type: "rates", taps: Object.fromEntries(ids.map((id) => [id, 4321])), services: {} });
    await page.getByRole("cell", { name: "4,321" }).last().waitFor();
    console.log(`      the longest pause took ${await page.evaluate("globalThis.longest")} ms`);
    await page.getByRole("row").nth(100).waitFor();
    expect(await page.getByRole("row").count()).to.equal(101);
    await page.getByRole("button", { name: "Show 100 more" }).click();
    await page.getByRole("row").nth(200).waitFor();
    expect(await page.getByRole("row").count()).to.equal(201);
    expect(seen.faults).to.deep.equal([]);
  });
});
