import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { startBrowser, visit } from "./browser";
import { FakeConsole } from "./fakeConsole";
import { PREVIEW } from "./preview";
import { TAP } from "./states";
import { usualWorld } from "./usualWorld";

/** Makes a page one that nobody sees, or sees again. */
const hide = (hidden: boolean) => `
  Object.defineProperty(document, "hidden", { configurable: true, get: () => ${hidden} });
  document.dispatchEvent(new Event("visibilitychange"));`;

describe("the console's stream of events", () => {
  let browser: Browser;
  let fake: FakeConsole;

  before(async function () {
    browser = await startBrowser(this);
  });

  beforeEach(async () => {
    fake = await FakeConsole.start(usualWorld());
  });

  afterEach(() => fake.stop());

  after(() => browser?.close());

  /** Begins a watch by its button. */
  const watch = async (page: Page) => {
    await page.getByRole("button", { name: "Watch" }).click();
    await fake.isWatched();
  };
  /** How many watches were asked for. */
  const watches = () => fake.asked.filter((url) => url.includes("watch=1")).length;

  it("is one for each page, so that several pages of taps leave the browser connections for its requests", async () => {
    const { page, close } = await visit(browser, fake.origin, { path: TAP });
    const pages = [page];
    for (let more = 0; more < 3; more++) {
      const next = await page.context().newPage();
      await next.goto(fake.origin + TAP);
      pages.push(next);
    }
    await fake.streamsAre(4);
    for (const each of pages) await each.getByText("Frames pass").first().waitFor();
    const status = await pages.at(-1)!.evaluate("fetch('/api/session').then(({ status }) => status)");
    expect(status).to.equal(200);
    await close();
  });

  it("is none while nobody sees the page, unless it watches frames", async () => {
    const { page, faults, close } = await visit(browser, fake.origin, { path: TAP });
    await fake.streamsAre(1);
    await page.evaluate(hide(true));
    await fake.streamsAre(0);
    const [tap] = fake.world.snapshot!.taps;
    fake.world.snapshot = { ...fake.world.snapshot!, taps: [{ ...tap!, state: "ended" }] };
    await page.evaluate(hide(false));
    await fake.streamsAre(1);
    await page.getByText("ended", { exact: true }).first().waitFor();
    await watch(page);
    await page.evaluate(hide(true));
    fake.sendTap({ type: "watch", text: "tap-web on compute1" });
    await page.getByText("Of tap-web on compute1").waitFor();
    expect(faults).to.deep.equal([]);
    await close();
  });

  it("is none once a watch ends that nobody sees, which shows all that came till then", async () => {
    const { page, close } = await visit(browser, fake.origin, { path: TAP });
    await watch(page);
    // A page that nobody sees is not drawn.
    await page.evaluate(`window.requestAnimationFrame = () => 1; ${hide(true)}`);
    const frame = { at: new Date().toISOString(), direction: "ingress" as const, text: "a frame", bytes: 74 };
    fake.sendTap({ type: "frames", frames: [frame, frame], dropped: 0 });
    await page.getByText("2 frames seen").waitFor();
    const error = { code: "watch-over", message: "a watch lasts at most 5 minutes" };
    fake.sendTap({ type: "watch-ended", error });
    await fake.streamsAre(0);
    await page.getByRole("alert").filter({ hasText: error.message }).waitFor();
    await page.evaluate(hide(false));
    await fake.streamsAre(1);
    expect(watches()).to.equal(1);
    await close();
  });

  it("is opened again where it is refused once", async () => {
    const { page, close } = await visit(browser, fake.origin);
    await page.getByText("8 taps").waitFor();
    await page.clock.install();
    fake.refusals = 1;
    await page.reload();
    await page.getByText("The console does not answer").waitFor();
    await page.clock.fastForward(5000);
    await page.getByText("8 taps").waitFor();
    await page.getByText("The console does not answer").waitFor({ state: "detached" });
    await close();
  });

  it("begins no watch again that is over, and still shows why it ended", async () => {
    const { page, close } = await visit(browser, fake.origin, { path: TAP });
    await page.clock.install();
    await watch(page);
    const error = { code: "watch-over", message: "a watch lasts at most 5 minutes" };
    fake.sendTap({ type: "watch-ended", error });
    const reason = page.getByRole("alert").filter({ hasText: error.message });
    await reason.waitFor();
    fake.refusals = 1;
    const refused = page.waitForResponse((response) => response.status() === 502);
    fake.cut();
    await refused;
    await page.getByText("The console does not answer").waitFor();
    await page.clock.fastForward(5000);
    await fake.streamsAre(1);
    await page.getByText("The console does not answer").waitFor({ state: "detached" });
    await reason.waitFor();
    expect(watches()).to.equal(1);
    await close();
  });

  it("begins a watch that it broke only when somebody asks", async () => {
    const { page, faults, close } = await visit(browser, fake.origin, { path: TAP });
    await watch(page);
    fake.sendTap({ type: "watch", text: "tap-web on compute1" });
    await page.getByText("Of tap-web on compute1").waitFor();
    fake.cut();
    await fake.streamsAre(0);
    await fake.streamsAre(1);
    const reason = page.getByRole("alert").filter({ hasText: "the watch ended with it" });
    await reason.waitFor();
    expect(watches()).to.equal(1);
    await page.getByRole("button", { name: "Stop" }).click();
    await watch(page);
    await page.getByText("No frame yet").waitFor();
    expect(await reason.count()).to.equal(0);
    expect(watches()).to.equal(2);
    expect(faults.filter((fault) => !fault.includes("ERR_"))).to.deep.equal([]);
    await close();
  });

  it("asks for a login where it is refused because there is none any more", async () => {
    const { page, close } = await visit(browser, fake.origin);
    await page.getByText("8 taps").waitFor();
    fake.world.session = { code: "unauthorized", message: "open the link" };
    fake.cut();
    await page.getByRole("heading", { name: "Open the console's link" }).waitFor();
    await close();
  });

  it("loses no preview that became ready while it was broken", async () => {
    fake.world.previews.p1 = { ...PREVIEW, state: "running", steps: [], programDiff: "" };
    const { page, close } = await visit(browser, fake.origin, { path: "/previews/p1" });
    await page.getByText("Pulumi reads the hosts").waitFor();
    await fake.streamsAre(1);
    fake.send({ type: "preview", id: "p1", state: "running" });
    fake.world.previews.p1 = PREVIEW;
    fake.cut();
    await page.getByRole("button", { name: "Confirm" }).waitFor();
    await close();
  });

  it("tells a tap's page that the tap is gone, and that it is there again", async () => {
    const { page, close } = await visit(browser, fake.origin, { path: TAP });
    await page.getByText("Frames pass").first().waitFor();
    await fake.streamsAre(1);
    fake.sendTap({ type: "gone" });
    const notice = page.getByText("This tap has been deleted");
    await notice.waitFor();
    fake.sendTap({ type: "stages", stages: [] });
    await notice.waitFor({ state: "detached" });
    await close();
  });
});
