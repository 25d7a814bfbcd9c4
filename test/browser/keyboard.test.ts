import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { startBrowser, visit } from "./browser";
import { FakeConsole } from "./fakeConsole";
import { pressOn, tabTo, typeInto } from "./keyboard";
import { usualWorld } from "./usualWorld";

describe("the console by keyboard alone", () => {
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

  const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name }).waitFor();

  it("creates a tap, from the list to the confirmed run", async () => {
    const { page, faults, close } = await visit(browser, fake.origin);
    await page.getByText("8 taps").waitFor();
    await pressOn(page, "New tap");
    await heading(page, "New tap");
    await typeInto(page, "Service", "ids");
    await page.locator("option", { hasText: "web" }).first().waitFor({ state: "attached" });
    await typeInto(page, "VM", "web");
    await typeInto(page, "vNIC", "vNIC 1");
    await typeInto(page, "Direction", "Ing");
    await typeInto(page, "Filter", "tcp port 443");
    await typeInto(page, "Name", "");
    await page.keyboard.press("Enter");
    await heading(page, "Create the tap web-2");
    expect(fake.posted.at(-1)!.body).to.deep.equal({
      kind: "createTap",
      name: "web-2",
      service: { id: "acme/taps/prod/TapService/ids" },
      host: "compute1",
      port: { vmUuid: "3f1c0f7e-5a49-4d0f-9f0c-0a6f5f0b7c11", vnic: 1 },
      direction: "ingress",
      filter: "tcp port 443",
    });
    await pressOn(page, "Confirm");
    await heading(page, "Create the tap cache");
    expect(faults).to.deep.equal([]);
    await close();
  });

  it("deletes a tap, and goes on at the heading after each move", async () => {
    const { page, faults, close } = await visit(browser, fake.origin);
    await page.getByText("8 taps").waitFor();
    await pressOn(page, "web");
    await heading(page, "web");
    expect(await page.evaluate("document.activeElement.tagName")).to.equal("H1");
    await pressOn(page, "Delete");
    await heading(page, "Create the tap web-2");
    expect(fake.posted.at(-1)!.body).to.deep.equal({ kind: "deleteTap", id: "acme/taps/prod/TapFlow/web" });
    await tabTo(page, "Save only");
    await pressOn(page, "Discard");
    await heading(page, "Taps");
    expect(faults).to.deep.equal([]);
    await close();
  });
});
