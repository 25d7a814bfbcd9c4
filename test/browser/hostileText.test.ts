import { expect } from "chai";
import type { Browser } from "playwright-core";
import { startBrowser, visit } from "./browser";
import { FakeConsole, type World } from "./fakeConsole";
import { changeOf, PREVIEW } from "./preview";
import { change, hostRow, serviceRow, tapRow } from "./rows";
import { stages } from "./tap";
import { usualWorld } from "./usualWorld";

/** What a host, a claim or a program may call things, to do harm in a page that shows it. */
const NAMES = [
  "<img src=x onerror=globalThis.owned=1>",
  '"><script>globalThis.owned=1</script>',
  "javascript:globalThis.owned=1",
  "{{constructor.constructor('globalThis.owned=1')()}}",
  "\u001b[2J\u001b]0;owned\u0007",
  "tap-\u202e\u2066gnp\u0000",
  "__proto__",
  "constructor",
  "x".repeat(20_000),
  "\ud800",
];

/** As much as a host may send in one text. */
const LONGEST = "x".repeat(1 << 20);

/** A world in which every text that may come from elsewhere is one of them. */
function hostileWorld(): World {
  const usual = usualWorld();
  const taps = NAMES.map((text, index) =>
    tapRow({
      ...{ id: `${index} ${text.slice(0, 40)}`, name: text, owner: text, host: text, vm: text, port: text },
      ...{ service: text, monitor: text, filter: text, state: "drifted", reason: text, stack: text },
      ...{ tenant: text, changedBy: text, changedAt: text, until: text },
    }),
  );
  const services = NAMES.map((text, index) =>
    serviceRow({ id: `s${index}`, name: text, monitor: text, reason: text, stack: text, tenant: text }),
  );
  // The names of hosts are the inventory's, which no host writes.
  const hosts = NAMES.filter((text) => text.length < 1000).map((text) =>
    hostRow({
      name: text,
      address: text,
      reason: text,
      drift: [text],
      foreignMirrors: [text],
      ovsVersion: text,
    }),
  );
  const changes = NAMES.map((text, index) =>
    change({ id: `c${index}`, what: text, by: text, waitsFor: text }),
  );
  const first = { ...taps[0]!, reason: LONGEST };
  taps[0] = first;
  const all = NAMES.join("\n");
  const ports = { [NAMES[0]!]: NAMES.map((text) => ({ id: text, name: text, vnics: [] })) };
  return {
    ...usual,
    snapshot: {
      type: "snapshot",
      taps,
      services,
      hosts,
      changes,
      complete: true,
      lock: { by: NAMES[0]!, text: all },
    },
    taps: {
      [first.id]: {
        ...first,
        description: LONGEST,
        stages: stages(first, "tunnel").map((stage) => ({
          ...stage,
          title: NAMES[0]!,
          detail: NAMES[8]!,
          reason: all,
        })),
        rules: NAMES,
        claims: NAMES.map((text) => ({ host: text, key: text, json: text })),
        history: changes,
        moveCode: all,
      },
    },
    ports,
    selections: { [NAMES[0]!]: { ports: NAMES, mirrorsLeft: 1, conflicts: NAMES } },
    previews: {
      p1: {
        ...PREVIEW,
        summary: all,
        warnings: NAMES,
        steps: [
          {
            op: "update",
            type: "TapFlow",
            name: all,
            rules: NAMES.map((text) => ({ sign: "+", text })),
            changes: NAMES,
          },
        ],
        programDiff: NAMES.map((text) => `+${text}`).join("\n"),
        pulumiDiff: all,
        error: { code: "x", message: all, hint: all, host: NAMES[0]! },
      },
    },
    changes: {
      c0: changeOf({
        id: "c0",
        outcome: "failed",
        what: all,
        log: NAMES,
        error: { code: "x", message: all },
      }),
    },
  };
}

describe("the console's page with text that was written to do harm", () => {
  let browser: Browser;
  let fake: FakeConsole;

  before(async function () {
    browser = await startBrowser(this);
    fake = await FakeConsole.start(hostileWorld());
  });

  after(async () => {
    await browser?.close();
    await fake?.stop();
  });

  it("shows it as text on every screen, runs and fetches nothing of it, and stays in shape", async () => {
    const tap = `/taps/${encodeURIComponent(fake.world.snapshot!.taps[0]!.id)}`;
    const { page, faults, close } = await visit(browser, fake.origin);
    for (const path of ["/", tap, "/new", "/services", "/hosts", "/changes", "/changes/c0", "/previews/p1"]) {
      await page.goto(`${fake.origin}${path}`);
      // An option of a list is never visible by itself.
      const shown = page.getByText(NAMES[0]!);
      if (path === "/new") await shown.first().waitFor({ state: "attached" });
      else await shown.filter({ visible: true }).first().waitFor();
      expect(await page.evaluate("globalThis.owned"), path).to.equal(undefined);
      expect(
        await page.locator("#page img:not(.brand img), #page script, #page iframe").count(),
        path,
      ).to.equal(0);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), path).to.be.at.most(0);
      const text = String(await page.evaluate("document.body.innerText"));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(text, path).not.to.match(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u202a-\u202e\u2066-\u2069]/);
      expect(text.length, path).to.be.below(1_000_000);
    }
    expect(faults).to.deep.equal([]);
    await close();
  });

  it("shows as text what matches a selector", async () => {
    const { page, faults, close } = await visit(browser, fake.origin, { path: "/new" });
    await page.getByLabel("Source").selectOption("match");
    await page.getByLabel(NAMES[0]!, { exact: true }).check();
    await page.getByLabel("Ports like").fill("*");
    const panel = page.getByRole("complementary", { name: "What it means" });
    await panel.getByText("10 ports").waitFor();
    expect(await page.evaluate("globalThis.owned")).to.equal(undefined);
    expect(await panel.locator("img, script").count()).to.equal(0);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).to.be.at.most(0);
    expect(faults).to.deep.equal([]);
    await close();
  });
});
