import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import type { LabHost } from "../../lab/host";
import { type Lab, startLab } from "../../lab/lab";
import { failureOf } from "./refused";
import { type Stored, storedClaims } from "./storedClaims";

/** What a later release may note in a claim; it makes no difference to this one. */
const LATER = { expiresAt: "2027-01-01T00:00:00Z" };

/** Writes a claim by hand, in an order of fields of its own. */
async function write(host: LabHost, owner: string, claim: Stored): Promise<void> {
  const value = JSON.stringify(JSON.stringify(claim)).replaceAll("'", "");
  await host.ovs(`ovs-vsctl set Bridge br-tap 'external_ids:"taas:${owner}"=${value}'`);
}

async function textOf(host: LabHost, owner: string): Promise<string> {
  return host.ovs(`ovs-vsctl get Bridge br-tap 'external_ids:"taas:${owner}"'`);
}

describe("a claim with fields of a later release", () => {
  let lab: Lab;
  let later: Driver;
  let ours: Driver;
  let ids: Made;
  let theirs: string[];

  before(async () => {
    const vms = ["web", "db", "app"].map((name) => ({ name, host: 1 }));
    lab = await startLab({ hosts: 2, vms: [...vms, { name: "ids", host: 2 }, { name: "probe", host: 2 }] });
  });

  after(() => lab.stop());

  beforeEach(async () => {
    later = new Driver(lab, "organization/later/test");
    ours = new Driver(lab, "organization/ours/test");
    ids = await later.service("ids", { host: "host2", port: "tap-ids" });
    const filter = [{ action: "accept", protocol: "tcp" }];
    const flow = await later.flow("web", ids, { host: "host1", port: "tap-web", filter });
    const way = await later.tunnel("way", { hosts: ["host1", "host2"] });
    for (const { id } of [ids, flow, way]) for (const host of lab.hosts) await extend(host, id);
    theirs = await texts();
  });

  afterEach(async () => {
    await ours.destroy();
    await later.destroy();
  });

  /** Adds a field to a claim and to the objects in it. */
  async function extend(host: LabHost, owner: string): Promise<void> {
    const claim = (await storedClaims(host))[owner];
    if (claim === undefined) return;
    const more = Object.entries(claim).map(([name, field]) => {
      const isObject = typeof field === "object" && field !== null && !Array.isArray(field);
      return [name, isObject ? { ...field, ...LATER } : field];
    });
    await write(host, owner, { ...LATER, ...Object.fromEntries(more) });
  }

  async function texts(): Promise<string[]> {
    const kept = lab.hosts.map(async (host) => {
      const owners = Object.keys(await storedClaims(host)).filter((owner) => owner.includes("/later/"));
      return Promise.all(owners.sort().map((owner) => textOf(host, owner)));
    });
    return (await Promise.all(kept)).flat();
  }

  it("is left unchanged to the letter by whoever creates, updates, repairs and deletes beside it", async () => {
    const probe = await ours.service("probe", { host: "host2", port: "tap-probe" });
    const db = await ours.flow("db", ids, { host: "host1", port: "tap-db" });
    expect(await texts()).to.deep.equal(theirs);
    await ours.update(db, { service: ids.outputs.ref, host: "host1", port: "tap-db", direction: "egress" });
    expect(await texts()).to.deep.equal(theirs);
    await lab.host(1).ovs("ovs-ofctl -O OpenFlow14 del-flows br-tap");
    await ours.read(db);
    expect(db.outputs.status).to.match(/^drifted/);
    await ours.update(db, { service: ids.outputs.ref, host: "host1", port: "tap-db", direction: "egress" });
    expect(await texts()).to.deep.equal(theirs);
    await ours.delete(db);
    await ours.delete(probe);
    expect(await texts()).to.deep.equal(theirs);
  });

  it("is no drift of its own resource, which keeps them when it writes the claim again", async () => {
    await later.read(ids);
    expect(ids.outputs.status).to.equal("active");
    await later.update(ids, { host: "host2", port: "tap-ids", description: "new" });
    expect((await storedClaims(lab.host(2)))[ids.id]).to.include({ ...LATER, description: "new" });
  });

  it("of a kind that this release does not know requires an update, and nothing is written", async () => {
    const claim = (await storedClaims(lab.host(2)))[ids.id]!;
    await write(lab.host(2), ids.id, { ...claim, kind: "port" });
    const work = ours.service("probe", { host: "host2", port: "tap-probe" });
    const error = (await failureOf(work)) as Error;
    expect(error).to.include({ code: "claim-newer", host: "host2" });
    expect(error.message).to.match(/is of kind "port", which this release does not know.*Update pulumi-taas/);
    await write(lab.host(2), ids.id, claim);
  });
});
