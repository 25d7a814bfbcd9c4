import { join } from "node:path";
import { expect } from "chai";
import type { Browser } from "playwright-core";
import { repositoryRoot } from "../engine/fixtureProject";
import { sampleOf } from "../sample";
import { expectAccessible } from "./axe";
import { startBrowser, type Visit, visit } from "./browser";
import { FakeConsole } from "./fakeConsole";
import { choose, STATES, TAP } from "./states";
import { usualWorld } from "./usualWorld";

const LOOKS = [
  { look: "light", colorScheme: "light", width: 1280 },
  { look: "dark", colorScheme: "dark", width: 1280 },
  { look: "narrow", colorScheme: "light", width: 400 },
] as const;

/** Set: the screens that the docs show are written to docs/images. */
const { TAAS_PICTURES: PICTURES } = process.env;

/** The states and outcomes that do not fit into their cell: the cell cuts what is too wide. */
const CUT = `[...document.querySelectorAll("td .badge")]
  .filter((badge) => badge.offsetParent !== null)
  .filter((badge) => badge.getBoundingClientRect().right > badge.closest("td").getBoundingClientRect().right)
  .map((badge) => badge.textContent)`;

const CASES = STATES.flatMap((state) => LOOKS.map((look) => ({ ...state, ...look })));

const CHOSEN =
  PICTURES === undefined ? sampleOf(CASES, 8) : CASES.filter(({ picture }) => picture !== undefined);

describe("the console's screens", () => {
  let browser: Browser;
  let fake: FakeConsole;

  before(async function () {
    browser = await startBrowser(this);
    fake = await FakeConsole.start(usualWorld());
  });

  after(async () => {
    await browser?.close();
    await fake?.stop();
  });

  for (const { name, look, colorScheme, width, path, shows, world, act, picture } of CHOSEN)
    it(`${name}, ${look}: axe finds nothing, nothing overflows, and nothing fails`, async () => {
      fake.world = world?.(usualWorld()) ?? usualWorld();
      const { page, faults, close } = await visit(browser, fake.origin, {
        colorScheme,
        viewport: { width, height: 900 },
        path,
      });
      await act?.(page);
      await page.getByText(shows).filter({ visible: true }).first().waitFor();
      await expectAccessible(page);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).to.be.at.most(0);
      expect(await page.evaluate(CUT)).to.deep.equal([]);
      expect(faults.filter((fault) => !fault.includes("422"))).to.deep.equal([]);
      await page.evaluate("scrollTo(0, 0)");
      if (picture !== undefined && PICTURES !== undefined && look !== "narrow")
        await page.screenshot({
          path: join(repositoryRoot(), `docs/images/console-${picture}-${look}.png`),
          fullPage: true,
        });
      await close();
    });

  describe("while things change", () => {
    let seen: Visit;

    beforeEach(async () => {
      fake.world = usualWorld();
      seen = await visit(browser, fake.origin);
      await seen.page.getByText("8 taps").waitFor();
    });

    afterEach(() => seen.close());

    it("tell a new state and its reason without a click, and no row moves", async () => {
      const { page } = seen;
      const row = page.getByRole("row").filter({ hasText: "mail" });
      const boxes = () =>
        page.evaluate(
          "[...document.querySelectorAll('tbody tr')].map((row) => row.getBoundingClientRect().top)",
        );
      const before = await boxes();
      const [old] = fake.world.snapshot!.taps.filter(({ name }) => name === "mail");
      const reason = "compute1: the Mirror of tap-mail is missing";
      fake.send({ type: "taps", put: [{ ...old!, state: "drifted", reason }], drop: [] });
      fake.send({ type: "rates", taps: { [old!.id]: 1_234_567 }, services: {} });
      await row.getByText(reason).waitFor();
      await row.getByText("1,234,567").waitFor();
      expect(await boxes()).to.deep.equal(before);
    });

    it("follow the run that was confirmed to its end", async () => {
      const { page } = seen;
      await page.goto(`${fake.origin}/previews/p1`);
      await page.getByRole("button", { name: "Confirm" }).click();
      await page.getByText("You may leave this page").waitFor();
      await fake.streamsAre(1);
      expect(fake.posted.at(-1)).to.deep.equal({
        path: "/api/previews/p1/confirm",
        body: { fingerprint: "f1" },
      });
      fake.send({ type: "progress", change: "6", done: 1, total: 3 });
      await page.getByText("1 of 3").waitFor();
      fake.world.changes["6"] = { ...fake.world.changes["6"]!, outcome: "succeeded" };
      fake.send({ type: "change", put: { ...fake.world.changes["6"]! } });
      await page.getByRole("status").filter({ hasText: "succeeded" }).waitFor();
    });

    it("show frames as they pass, the newest first", async () => {
      const { page } = seen;
      await page.goto(`${fake.origin}${TAP}`);
      await page.getByRole("button", { name: "Watch" }).click();
      await page.getByText("No frame yet").waitFor();
      await fake.isWatched();
      const frame = (number: number) => ({
        at: new Date().toISOString(),
        direction: "ingress" as const,
        text: `198.51.100.1:${number} > 198.51.100.2:443 tcp, 74 bytes`,
        bytes: 74,
      });
      fake.sendTap({ type: "frames", frames: [frame(1), frame(2)], dropped: 0 });
      fake.sendTap({ type: "frames", frames: [frame(3)], dropped: 9 });
      await page.getByText("3 frames seen, 9 more were too many to show").waitFor();
      const texts = await page.getByText("198.51.100.1:").allTextContents();
      expect(texts.map((text) => text.slice(13, 14))).to.deep.equal(["3", "2", "1"]);
      fake.sendTap({ type: "watch", text: "tap-web on compute1" });
      await page.getByText("Of tap-web on compute1").waitFor();
      const error = { code: "claim-lost", message: "the capture was ended from elsewhere", host: "compute1" };
      fake.sendTap({ type: "watch-ended", error });
      await page.getByRole("alert").filter({ hasText: error.message }).waitFor();
      await expectAccessible(page);
    });

    it("say at its field what is wrong with a tap, and keep what was filled in", async () => {
      const { page } = seen;
      fake.world.posts["/api/previews"] = {
        code: "filter",
        message: "port expects a number after it, at 5",
        field: "filter",
      };
      await page.getByRole("button", { name: "New tap" }).click();
      await choose(page);
      await page.getByLabel("Filter").fill("port http");
      await page.getByRole("button", { name: "Preview" }).click();
      await page.getByText("port expects a number after it, at 5").waitFor();
      expect(await page.getByLabel("Filter").getAttribute("aria-invalid")).to.equal("true");
      expect(await page.getByLabel("Filter").inputValue()).to.equal("port http");
      await expectAccessible(page);
    });
  });
});
