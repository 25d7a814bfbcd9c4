import { expect } from "chai";
import type { Browser, Page, Route } from "playwright-core";
import { startBrowser, type Visit, visit } from "./browser";
import { FakeConsole } from "./fakeConsole";
import { PREVIEW } from "./preview";
import { usualWorld } from "./usualWorld";

const NOTHING = "No host needs a change";
const FAILED = "the console answered with status 502";

/** Holds what the page asks of a path next. */
async function hold(page: Page, path: string): Promise<{ asked: Promise<Route> }> {
  let take: (route: Route) => void;
  const asked = new Promise<Route>((resolve) => {
    take = resolve;
  });
  await page.route(
    ({ pathname }) => pathname === path,
    (route) => take(route),
    { times: 1 },
  );
  return { asked };
}

/** Answers as a proxy does whose console is not there. */
async function fail(page: Page, route: Route): Promise<void> {
  await route.fulfill({ status: 502, body: "Bad Gateway" });
  await page.getByRole("alert").filter({ hasText: FAILED }).waitFor();
}

async function tryAgain(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("alert").filter({ hasText: FAILED }).waitFor({ state: "detached" });
}

describe("what the console's page reads", () => {
  let browser: Browser;
  let fake: FakeConsole;
  let seen: Visit;
  let page: Page;

  before(async function () {
    browser = await startBrowser(this);
  });

  beforeEach(async () => {
    fake = await FakeConsole.start(usualWorld());
    seen = await visit(browser, fake.origin, { path: "/changes" });
    ({ page } = seen);
    await page.getByText("Create the tap cache").waitFor();
  });

  afterEach(async () => {
    await seen.close();
    await fake.stop();
  });

  after(() => browser?.close());

  it("of a preview that is ready is shown with its steps only, or with why it cannot be read", async () => {
    fake.world.posts["/api/previews"] = { id: "p1" };
    fake.world.previews.p1 = { ...PREVIEW, state: "running", steps: [], programDiff: "" };
    await page.getByRole("button", { name: "Preview the program" }).click();
    await page.getByRole("heading", { name: "web-2" }).waitFor();
    const { asked } = await hold(page, "/api/previews/p1");
    fake.world.previews.p1 = PREVIEW;
    fake.send({ type: "preview", id: "p1", state: "ready" });
    const route = await asked;
    expect(await page.getByText(NOTHING).count()).to.equal(0);
    expect(await page.getByText("Pulumi reads the hosts").count()).to.equal(1);
    await fail(page, route);
    expect(await page.getByText(NOTHING).count()).to.equal(0);
    expect(await page.getByText("Pulumi reads the hosts").count()).to.equal(0);
    await tryAgain(page);
    await page.getByRole("button", { name: "Confirm" }).waitFor();
  });

  it("of a change that has ended is shown with what is done only, or with why it cannot be read", async () => {
    const change = fake.world.changes["6"]!;
    const steps = (done: boolean) => change.steps.map((step) => ({ ...step, done }));
    fake.world.changes["6"] = { ...change, steps: steps(false) };
    await page.getByRole("link", { name: "Create the tap cache" }).click();
    await page.getByText("To do", { exact: true }).waitFor();
    const { asked } = await hold(page, "/api/changes/6");
    fake.world.changes["6"] = { ...change, outcome: "succeeded", steps: steps(true) };
    fake.send({ type: "change", put: fake.world.changes["6"] });
    const route = await asked;
    expect(await page.getByText("Not done").count()).to.equal(0);
    await fail(page, route);
    await page.getByText("What is shown may be old.").waitFor();
    expect(await page.getByText("Not done").count()).to.equal(0);
    await tryAgain(page);
    await page.getByRole("status").filter({ hasText: "succeeded" }).waitFor();
    expect(await page.getByText("Done", { exact: true }).count()).to.equal(steps(true).length);
  });

  it("of a tap that is repaired is shown without its old reason", async () => {
    const [db] = fake.world.snapshot!.taps.filter(({ name }) => name === "db");
    await page.getByRole("link", { name: "Taps", exact: true }).click();
    await page.getByRole("link", { name: "db", exact: true }).click();
    await page.getByRole("heading", { name: "Rules" }).waitFor();
    expect(await page.locator("p.reason").count()).to.equal(1);
    const { asked } = await hold(page, `/api/taps/${encodeURIComponent(db!.id)}`);
    const { reason: _, ...repaired } = db!;
    fake.send({ type: "taps", put: [{ ...repaired, state: "active" }], drop: [] });
    const route = await asked;
    expect(await page.locator("p.reason").count()).to.equal(0);
    await fail(page, route);
    await tryAgain(page);
    expect(await page.getByText("What is shown may be old.").count()).to.equal(0);
  });

  it("is asked for again where it could not be read at first", async () => {
    const { asked } = await hold(page, "/api/changes/6");
    await page.getByRole("link", { name: "Create the tap cache" }).click();
    await fail(page, await asked);
    await page.getByRole("heading", { name: "This change could not be read" }).waitFor();
    await tryAgain(page);
    await page.getByText("You may leave this page").waitFor();
  });
});
