import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import type { Users } from "../../console/server/roles/users";
import { type LabConsole, startLabConsole } from "../console/consoleLab";
import { repositoryRoot } from "../engine/fixtureProject";
import { datagram, expectFrames, learn, received } from "../integration/copies/traffic";
import { type Lab, startLab } from "../lab/lab";
import type { HostSnapshot } from "../lab/snapshot";
import type { Vm } from "../lab/vm";
import { expectAccessible } from "./axe";
import { startBrowser, type Visit, visit } from "./browser";
import { pressOn, typeInto } from "./keyboard";

const WEB = "11111111-1111-4111-8111-111111111111";

/** A sensor, and eleven collectors to choose from besides. */
function program(): string {
  const collectors = Array.from({ length: 11 }, (_, index) => {
    const number = String(index + 1).padStart(2, "0");
    return `  recorder-${number}:
    type: taas:TapService
    properties:
      collector: { address: 192.0.2.2${number}, type: gre }
      tenant: ${index === 0 ? "red" : "blue"}
`;
  });
  return `name: taps
runtime: yaml
packages:
  taas: ${repositoryRoot()}/plugin
# The sensor of everybody.
resources:
  ids:
    type: taas:TapService
    properties: { host: host2, port: tap-ids } # on the second host
${collectors.join("")}`;
}

/** What of a host's Open vSwitch a tap's far end adds to. */
function pieces({ tables, bridges, links }: HostSnapshot): unknown {
  return [tables.Port, tables.Interface, tables.Mirror, bridges["br-int"], links];
}

describe("the console in a browser, on real hosts", function () {
  this.timeout(60_000);
  this.bail(true);
  let lab: Lab;
  let console: LabConsole;
  let browser: Browser;
  let seen: Visit;
  let page: Page;
  let vnics: Vm[];
  let untouched: HostSnapshot[];

  before(async function () {
    browser = await startBrowser(this);
    const front = [0, 1, 2].map((index) => ({ name: `web${index}`, host: 1, vmUuid: WEB }));
    lab = await startLab({ hosts: 2, vms: [...front, { name: "peer", host: 1 }, { name: "ids", host: 2 }] });
    vnics = front.map(({ name }) => lab.vm(name));
    console = await startLabConsole(lab, { program: program() });
    const deployed = await console.deployer.up(dirname(console.file), "");
    expect(deployed.succeeded, deployed.text).to.equal(true);
    untouched = await snapshots();
    const { origin, pathname, search } = new URL(console.url);
    seen = await visit(browser, origin, { path: pathname + search });
    page = seen.page;
  });

  after(async () => {
    await seen?.close();
    await browser?.close();
    await console?.close();
    await lab?.stop();
  });

  const snapshots = () => Promise.all(lab.hosts.map((host) => host.snapshot()));
  const heading = (name: string) => page.getByRole("heading", { level: 1, name }).waitFor();
  const row = () => page.getByRole("row").filter({ hasText: "front" });

  /** One datagram in each direction of each vNIC of the tapped VM; what of it reaches the sensor. */
  async function copiesOf(expected: (towards: Buffer[], from: Buffer[]) => Buffer[]): Promise<void> {
    const peer = lab.vm("peer");
    const towards = vnics.map((vnic) => datagram(peer, vnic));
    const from = vnics.map((vnic) => datagram(vnic, peer));
    const wanted = expected(towards, from);
    const send = async () => {
      await peer.send(towards);
      for (const [index, vnic] of vnics.entries()) await vnic.send([from[index]!]);
    };
    // What is flooded goes to the tapped port, too.
    await learn([peer, ...vnics]);
    const [copies] = await received([lab.vm("ids")], send, [wanted.length]);
    expectFrames(copies!, wanted);
  }

  it("creates a tap: a service of twelve, the second of three vNICs, ingress, the rules, confirm", async () => {
    const text = await readFile(console.file, "utf8");
    await page.getByText("Nothing is tapped").waitFor();
    await page.getByRole("button", { name: "New tap" }).click();
    await heading("New tap");
    const service = page.getByLabel("Service");
    await service.locator("option", { hasText: "ids" }).waitFor({ state: "attached" });
    expect(await service.locator("option").allTextContents()).to.have.length(14);
    await service.selectOption("ids");
    await page.getByLabel("VM").locator("option", { hasText: "1111" }).waitFor({ state: "attached" });
    await page.getByLabel("VM").selectOption({ label: WEB });
    const offered = page.getByLabel("vNIC").locator("option:not([value=''])");
    expect(await offered.count()).to.equal(3);
    await page.getByLabel("vNIC").selectOption("1");
    await page.getByLabel("Direction").selectOption("ingress");
    await page.getByLabel("Name").fill("front");
    await page.getByRole("button", { name: "Preview" }).click();
    await heading("Create the tap front");
    await page.getByText("1 to create", { exact: true }).waitFor();
    const rules = await page.getByRole("region", { name: "Rules of front" }).textContent();
    expect(rules)
      .to.match(/^\+ .*select_dst_port/m)
      .and.not.match(/select_src_port/);
    expect(await readFile(console.file, "utf8")).to.equal(text);
    expect(await snapshots()).to.deep.equal(untouched);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByRole("status").filter({ hasText: "succeeded" }).waitFor();
    await page.getByRole("link", { name: "Taps" }).click();
    await row().filter({ hasText: "active" }).waitFor();
    expect((await readFile(console.file, "utf8")).startsWith(text.trimEnd())).to.equal(true);
    await copiesOf(([, second]) => [second!]);
  });

  it("says within 3 seconds which stage was broken by hand, without a click", async () => {
    await lab.host(1).ovs("ovs-vsctl clear Bridge br-int mirrors");
    const broken = performance.now();
    await row().filter({ hasText: "drifted" }).waitFor();
    expect(performance.now() - broken).to.be.below(3000);
    expect(await row().textContent()).to.match(/mirror/i);
  });

  it("deletes it, ends a run whose tab was closed, and leaves the hosts and the program as they were", async () => {
    await row().getByRole("link").click();
    await heading("front");
    await page.getByRole("button", { name: "Delete" }).click();
    await heading("Delete the tap front");
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.waitForURL(/\/changes\//);
    const again = await page.context().newPage();
    await page.close();
    page = again;
    await page.goto(new URL(console.url).origin);
    await page.getByRole("link", { name: "Changes" }).click();
    await page.getByRole("row").filter({ hasText: "Delete" }).filter({ hasText: "succeeded" }).waitFor();
    await page.getByRole("link", { name: "Taps" }).click();
    await page.getByText("Nothing is tapped").waitFor();
    await copiesOf(() => []);
    const [source, sensor] = await snapshots();
    expect(source).to.deep.equal(untouched[0]);
    // Its br-tap stays for the service, and counts how often it was written.
    expect(pieces(sensor!)).to.deep.equal(pieces(untouched[1]!));
    expect(await readFile(console.file, "utf8")).to.equal(program());
  });

  it("creates a tap and deletes it by keyboard alone", async () => {
    const text = await readFile(console.file, "utf8");
    await pressOn(page, "New tap");
    await heading("New tap");
    await page.getByLabel("Service").locator("option", { hasText: "ids" }).waitFor({ state: "attached" });
    await typeInto(page, "Service", "ids");
    await page.getByLabel("VM").locator("option", { hasText: "1111" }).waitFor({ state: "attached" });
    await typeInto(page, "VM", WEB);
    await typeInto(page, "vNIC", "vNIC 1");
    await typeInto(page, "Direction", "Ing");
    await typeInto(page, "Name", "front");
    await page.keyboard.press("Enter");
    await heading("Create the tap front");
    await page.getByText("1 to create", { exact: true }).waitFor();
    await pressOn(page, "Confirm");
    await page.getByRole("status").filter({ hasText: "succeeded" }).waitFor();
    await copiesOf(([, second]) => [second!]);
    await pressOn(page, "Taps");
    await row().filter({ hasText: "active" }).waitFor();
    await pressOn(page, "front");
    await heading("front");
    await pressOn(page, "Delete");
    await heading("Delete the tap front");
    await page.getByText("1 to delete", { exact: true }).waitFor();
    await pressOn(page, "Confirm");
    await page.getByRole("status").filter({ hasText: "succeeded" }).waitFor();
    await pressOn(page, "Taps");
    await page.getByText("Nothing is tapped").waitFor();
    await copiesOf(() => []);
    expect(await readFile(console.file, "utf8")).to.equal(text);
  });

  it("shows a tenant its own services only, and lets nobody in whom it does not know", async () => {
    const users: Users = { approval: false, users: { ruth: { role: "tenant", tenant: "red" } }, ports: {} };
    const second = await startLabConsole(lab, { program: program(), users });
    const { origin } = new URL(second.url);
    const as = (user: string) =>
      visit(browser, origin, { path: "/services", extraHTTPHeaders: { "x-user": user } });
    const ruth = await as("ruth");
    await ruth.page.getByRole("row").filter({ hasText: "recorder-01" }).waitFor();
    expect(await ruth.page.getByRole("row").count()).to.equal(2);
    await ruth.page.goto(`${origin}/new`);
    await ruth.page.getByLabel("Service").getByText("recorder-01").waitFor({ state: "attached" });
    expect(
      await ruth.page
        .getByLabel("Service")
        .getByText(/recorder-|ids/)
        .count(),
    ).to.equal(1);
    const stranger = await as("mallory");
    await stranger.page.getByText("this console does not know you").waitFor();
    expect(ruth.faults).to.deep.equal([]);
    await ruth.close();
    await stranger.close();
    await second.close();
  });

  it("reached for nothing but itself, and nothing failed in it", () => {
    expect(seen.faults).to.deep.equal([]);
  });
});
