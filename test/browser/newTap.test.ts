import { expect } from "chai";
import type { Browser } from "playwright-core";
import { expectAccessible } from "./axe";
import { startBrowser, type Visit, visit } from "./browser";
import { FakeConsole } from "./fakeConsole";
import { choose, chooseMatch } from "./states";
import { ADMIN, usualWorld } from "./usualWorld";

describe("the console's new tap", () => {
  let browser: Browser;
  let fake: FakeConsole;
  let seen: Visit;

  before(async function () {
    browser = await startBrowser(this);
  });

  beforeEach(async () => {
    fake = await FakeConsole.start(usualWorld());
    seen = await visit(browser, fake.origin, { path: "/new", timezoneId: "Europe/Berlin" });
  });

  afterEach(async () => {
    await seen.close();
    await fake.stop();
  });

  after(() => browser?.close());

  const panel = () => seen.page.getByRole("complementary", { name: "What it means" });

  it("is of all ports of several hosts that match, shows which do now, and is asked for as it was filled in", async () => {
    const { page, faults } = seen;
    await chooseMatch(page);
    await panel().getByText("7 ports").waitFor();
    await panel().getByText("tap-web-1 is tapped into ids by web already").waitFor();
    expect(await panel().textContent())
      .to.include(
        "every port on compute1 and compute2 named like tap-* and of VLAN 10 but not tap-dns and those with vm-type=infra sends and receives, of one conversation in 4, until ",
      )
      .and.include("no port");
    const asked = fake.asked.filter((url) => url.includes("/selection?")).at(-1)!;
    expect(JSON.parse(new URL(asked, fake.origin).searchParams.get("ports")!)).to.deep.equal({
      name: "tap-*",
      vlan: 10,
      except: ["tap-dns", { externalIds: { "vm-type": "infra" } }],
    });
    await page.getByLabel("Ends").fill("2090-01-31T18:00");
    await page.getByText("More than 18 hours ahead").waitFor();
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("heading", { level: 1, name: "Create the tap web-2" }).waitFor();
    expect(fake.posted.at(-1)!.body).to.deep.equal({
      kind: "createGroup",
      name: "office",
      service: { id: "acme/taps/prod/TapService/ids" },
      hosts: ["compute1", "compute2"],
      ports: { vlan: 10, name: "tap-*", except: ["tap-dns", { externalIds: { "vm-type": "infra" } }] },
      direction: "both",
      sampling: { oneIn: 4 },
      until: "2090-01-31T18:00:00+01:00",
    });
    expect(faults).to.deep.equal([]);
  });

  it("asks the hosts once somebody has stopped typing, and not about what is no selector", async () => {
    const { page } = seen;
    await page.getByLabel("Source").selectOption("match");
    await page.getByLabel("compute1").check();
    await page.getByLabel("Ports like").pressSequentially("tap-web-*", { delay: 20 });
    await panel().getByText("7 ports").waitFor();
    expect(fake.asked.filter((url) => url.includes("/selection?"))).to.have.length(1);
    expect(await page.getByLabel(/compute3/).isDisabled()).to.equal(true);
  });

  it("says at the hosts and at the condition what is missing, and asks for nothing", async () => {
    const { page } = seen;
    await page.getByLabel("Service").selectOption("ids");
    await page.getByLabel("Source").selectOption("match");
    await page.getByLabel("Name").fill("office");
    const preview = page.getByRole("button", { name: "Preview" });
    await preview.click();
    await page.getByText("Choose at least one host").waitFor();
    await expectAccessible(page);
    await page.getByLabel("compute1").check();
    await preview.click();
    await page.getByText("Fill in at least one condition").waitFor();
    expect(await page.getByLabel("Ports like").getAttribute("aria-invalid")).to.equal("true");
    expect(fake.posted).to.deep.equal([]);
  });

  it("says at its sample what a sample is, and at the field what the server says of it", async () => {
    const { page } = seen;
    fake.world.posts["/api/previews"] = {
      code: "invalid",
      message: "request.sampling.oneIn: must be 1 to 65535",
      field: "sampling",
    };
    await choose(page);
    await page.getByLabel("Sampling").fill("16");
    await page.getByText("Of 16 conversations one is copied whole").waitFor();
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByText("must be 1 to 65535").waitFor();
    expect(await page.getByLabel("Sampling").getAttribute("aria-invalid")).to.equal("true");
    expect(fake.posted.at(-1)!.body).to.deep.include({ kind: "createTap", sampling: { oneIn: 16 } });
  });

  it("is filled in as it was for whoever comes back from its preview, until that is decided upon", async () => {
    const { page, faults } = seen;
    const fields = async () =>
      Promise.all(
        ["Service", "VM", "vNIC", "Direction", "Name"].map((name) => page.getByLabel(name).inputValue()),
      );
    await choose(page);
    await page.getByLabel("Name").fill("office");
    const filled = await fields();
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("button", { name: "Confirm" }).waitFor();
    await page.goBack();
    await page.getByLabel("vNIC").locator("option", { hasText: "front" }).waitFor({ state: "attached" });
    expect(await fields()).to.deep.equal(filled);
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.waitForURL(/\/changes\/6$/);
    // There is no way back to a preview that is confirmed, which would only lead here again.
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "New tap" }).waitFor();
    expect(new URL(page.url()).pathname).to.equal("/new");
    expect(await page.getByLabel("Name").inputValue()).to.equal("");
    await page.reload();
    expect(await page.getByLabel("Name").inputValue()).to.equal("");
    expect(faults).to.deep.equal([]);
  });

  it("leaves nothing in another form that is open when its preview is answered", async () => {
    const { page, faults } = seen;
    let answer: (value: unknown) => void = () => {};
    const answered = new Promise((resolve) => {
      answer = resolve;
    });
    fake.world.posts["/api/previews"] = () => answered;
    await choose(page);
    await page.getByLabel("Name").fill("office");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("link", { name: "Services" }).click();
    await page.getByRole("button", { name: "New service" }).click();
    await page.getByLabel("Name").waitFor();
    answer({ id: "p1" });
    await page.getByRole("button", { name: "Confirm" }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "New service" }).waitFor();
    expect(await page.getByLabel("Name").inputValue()).to.equal("");
    await page.getByRole("button", { name: "Preview" }).waitFor();
    expect(faults).to.deep.equal([]);
  });

  it("has an end with a year of four digits", async () => {
    const { page, faults } = seen;
    await choose(page);
    await page.evaluate(`
      const field = document.getElementById("ends");
      field.value = "20260-12-31T23:59";
      field.dispatchEvent(new Event("input", { bubbles: true }));`);
    await page.getByText("a year has four digits").waitFor();
    await panel().getByText("until a time that cannot be read").waitFor();
    await page.getByLabel("Ends").fill("9999-12-31T23:59");
    await page.getByText("More than 18 hours ahead").waitFor();
    expect(faults).to.deep.equal([]);
  });

  it("is of one port of the list for a tenant", async () => {
    const { page } = seen;
    fake.world.session = { ...ADMIN, role: "tenant", tenant: "blue" };
    await page.reload();
    await page.getByLabel("VM").waitFor();
    expect(await page.getByLabel("Source").count()).to.equal(0);
  });
});
