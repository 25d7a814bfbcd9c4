import { join } from "node:path";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { repositoryRoot } from "../engine/fixtureProject";
import { sampleOf } from "../sample";
import { expectAccessible } from "./axe";
import { startBrowser, type Visit, visit } from "./browser";
import { FakeConsole, type World } from "./fakeConsole";
import { ADMIN, emptyWorld, PREVIEW, usualWorld } from "./worlds";

/** A picture of the console: what its server says, where the page is, and what it must show. */
interface State {
  name: string;
  path: string;
  shows: string;
  world?: (usual: World) => World;
  /** The name of its picture in the docs. */
  picture?: string;
  /** What is done before it is looked at. */
  act?: (page: Page) => Promise<void>;
}

const TAP = `/taps/${encodeURIComponent("acme/taps/prod/TapFlow/web")}`;
const BROKEN = `/taps/${encodeURIComponent("acme/taps/prod/TapFlow/db")}`;
const OTHERS = `/taps/${encodeURIComponent("acme/security/prod/TapFlow/audit")}`;

function withPreview(part: Partial<typeof PREVIEW>): (usual: World) => World {
  return (usual) => ({ ...usual, previews: { p1: { ...PREVIEW, ...part } } });
}

const STATES: readonly State[] = [
  { name: "Taps", path: "/", shows: "8 taps", picture: "taps" },
  {
    name: "Taps that nothing is found in",
    path: "/",
    shows: "No tap has all of these words",
    act: searchNothing,
  },
  { name: "Taps of nobody", path: "/", shows: "Create the first tap", world: () => emptyWorld() },
  {
    name: "Taps before anything came",
    path: "/",
    shows: "0 taps",
    world: (usual) => ({ ...usual, snapshot: undefined }),
  },
  {
    name: "Taps for a viewer",
    path: "/",
    shows: "Read-only: your role is viewer.",
    world: (usual) => ({
      ...usual,
      session: {
        ...ADMIN,
        role: "viewer",
        readOnly: "your role is viewer",
        can: { verify: false, watch: false },
      },
    }),
  },
  {
    name: "Taps of a locked stack",
    path: "/",
    shows: "The stack is locked by grace@laptop",
    world: (usual) => ({
      ...usual,
      snapshot: {
        ...usual.snapshot!,
        lock: { by: "grace@laptop", since: "2026-11-29T09:00:00Z", text: "locked" },
      },
    }),
  },
  {
    name: "Taps of a program that cannot be read",
    path: "/",
    shows: "line 12: a key is given twice",
    world: (usual) => ({
      ...usual,
      snapshot: {
        ...usual.snapshot!,
        programError: {
          code: "program",
          message: "Pulumi.yaml, line 12: a key is given twice",
          hint: "correct it",
        },
      },
    }),
  },
  { name: "Tap", path: TAP, shows: "Frames pass" },
  { name: "Tap that stops", path: BROKEN, shows: "Stops here", picture: "tap" },
  { name: "Tap of another stack", path: OTHERS, shows: "This tap is another stack's" },
  {
    name: "Tap that is watched",
    path: TAP,
    shows: "No frame yet",
    act: (page) => page.getByRole("button", { name: "Watch" }).click(),
  },
  { name: "Tap that is not there", path: "/taps/none", shows: "This tap is not here" },
  { name: "New tap", path: "/new", shows: "What it does" },
  {
    name: "New tap, chosen",
    path: "/new",
    shows: "web taps this port into ids already",
    picture: "new-tap",
    act: choose,
  },
  {
    name: "New tap with a new service",
    path: "/new",
    shows: "Monitor port",
    act: (page) =>
      page
        .getByLabel("Service")
        .selectOption("new")
        .then(() => undefined),
  },
  { name: "Services", path: "/services", shows: "forensics" },
  {
    name: "Services of nobody",
    path: "/services",
    shows: "Create the first service",
    world: () => emptyWorld(),
  },
  { name: "New service", path: "/services/new", shows: "Monitor port" },
  { name: "Hosts", path: "/hosts", shows: "2 differences" },
  { name: "Hosts of nobody", path: "/hosts", shows: "The inventory is empty", world: () => emptyWorld() },
  { name: "Changes", path: "/changes", shows: "awaiting approval" },
  {
    name: "Changes of nobody",
    path: "/changes",
    shows: "Nothing has been changed here",
    world: () => emptyWorld(),
  },
  { name: "Preview", path: "/previews/p1", shows: "1 to create, 8 unchanged", picture: "preview" },
  {
    name: "Preview that waits",
    path: "/previews/p1",
    shows: "Waits for grace's run",
    world: withPreview({ state: "waiting", waitsFor: "grace's run" }),
  },
  {
    name: "Preview that failed",
    path: "/previews/p1",
    shows: "Nothing was changed.",
    world: withPreview({
      state: "failed",
      steps: [],
      programDiff: "",
      error: { code: "unreachable", message: "no answer", host: "compute3", hint: "start it" },
    }),
  },
  {
    name: "Preview for a tenant",
    path: "/previews/p1",
    shows: "asks another person to approve",
    world: withPreview({ needsApproval: true, hiddenSteps: 2, warnings: ["copies may be cut"] }),
  },
  { name: "Change under way", path: "/changes/6", shows: "You may leave this page" },
  { name: "Change that waits", path: "/changes/7", shows: "It waits for grace's run of 10:02." },
  { name: "Change that failed", path: "/changes/3", shows: "no answer on port 22" },
  { name: "Change to approve", path: "/changes/5", shows: "Approve" },
  { name: "Change that is outdated", path: "/changes/2", shows: "Look at what would happen now" },
  { name: "no page", path: "/nowhere", shows: "There is no such page" },
];

async function searchNothing(page: Page): Promise<void> {
  await page.getByLabel("Search").fill("nothing of this");
}

async function choose(page: Page): Promise<void> {
  await page.getByLabel("Service").selectOption("ids");
  await page.getByLabel("VM").selectOption("web");
  await page.getByLabel("vNIC").selectOption("1");
  await page.getByLabel("Direction").selectOption("ingress");
  await page.getByRole("button", { name: "8 hours" }).click();
}

const LOOKS = [
  { look: "light", colorScheme: "light", width: 1280 },
  { look: "dark", colorScheme: "dark", width: 1280 },
  { look: "narrow", colorScheme: "light", width: 400 },
] as const;

/** Set: the screens that the docs show are written to docs/images. */
const { TAAS_PICTURES: PICTURES } = process.env;

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
      expect(faults.filter((fault) => !fault.includes("422"))).to.deep.equal([]);
      if (picture !== undefined && PICTURES !== undefined && look !== "narrow")
        await page.screenshot({ path: join(repositoryRoot(), `docs/images/console-${picture}-${look}.png`) });
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
