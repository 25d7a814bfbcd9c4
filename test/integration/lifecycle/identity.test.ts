import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { expectRefused, failureOf, unchanged } from "./refused";
import { beyondClaims, storedClaims } from "./storedClaims";

const STACK = "organization/driver/test";

describe("the identity of a resource", () => {
  let lab: Lab;
  let driver: Driver;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "peer", host: 1 },
      { name: "ids", host: 2 },
      { name: "ids2", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
  });

  after(() => lab.stop());

  beforeEach(() => {
    driver = new Driver(lab, STACK);
  });

  afterEach(async () => {
    await driver.destroy();
    for (const host of lab.hosts) expect(await host.ovs("ovs-vsctl list-br")).not.to.contain("br-tap");
  });

  const monitor = (args: Record<string, unknown> = {}, by = driver) =>
    by.service("ids", { host: "host2", port: "tap-ids", ...args });
  const tap = (ids: Made, args: Record<string, unknown> = {}, by = driver) =>
    by.flow("web", ids, { host: "host1", port: "tap-web", direction: "egress", ...args });
  const claims = (host: number) => storedClaims(lab.host(host));

  /** Runs a tapped stream while the work is done, and expects each of its frames once at the monitor. */
  async function copied(work: () => Promise<unknown>): Promise<void> {
    const [from, to] = [lab.vm("web"), lab.vm("peer")];
    const stream = await lab.startStream({ from, to, watchers: [lab.vm("ids")], pps: 200 });
    const error = await work().catch((reason) => reason);
    const { sent, at } = await stream.stop();
    if (error instanceof Error) throw error;
    expect(at.ids).to.deep.include({ received: sent, lost: [], duplicated: [] });
    expect(sent).to.be.greaterThan(0);
  }

  const snapshots = () => Promise.all(lab.hosts.map((host) => host.snapshot()));

  it("is the same when a service's host is written as another name of the machine", async () => {
    const old = await monitor();
    const flow = await tap(old);
    const key = `${STACK}/TapService/ids`;
    const { token } = (await claims(2))[key]!;
    await copied(async () => {
      const fresh = await monitor({ host: "host2-alias" });
      await driver.update(flow, {
        service: fresh.outputs.ref,
        host: "host1-alias",
        port: "tap-web",
        direction: "egress",
      });
      await driver.delete(old);
    });
    const present = await claims(2);
    expect(Object.keys(present)).to.have.members([key, `${STACK}/TapFlow/web`]);
    expect(present[key]!.token).not.to.equal(token);
    expect(await lab.host(2).ovs("ovs-vsctl port-to-br tap-ids")).to.equal("br-tap\n");
  });

  it("is the same when another argument changes with the name, and the old one is restored if that fails", async () => {
    const old = await monitor();
    const flow = await tap(old);
    const key = `${STACK}/TapService/ids`;
    const before = (await claims(2))[key];
    const replace = (args: Record<string, unknown>) =>
      driver.create("TapService", "ids", { host: "host2-alias", port: "tap-ids", ...args }, old);
    const tool = await lab.host(2).ovs("readlink -f $(command -v ovs-ofctl)");
    await lab.host(2).ovs(`mount --bind /bin/false ${tool}`);
    const error = await failureOf(replace({ attachment: "integration-bridge" }));
    await lab.host(2).ovs(`umount ${tool}`);
    expect(error).to.have.property("code", "openflow-error");
    expect((await claims(2))[key]).to.deep.include({ token: before!.token, attachment: "tap-bridge" });
    await copied(async () => {
      const fresh = await replace({ description: "watched" });
      await driver.update(flow, {
        service: fresh.outputs.ref,
        host: "host1",
        port: "tap-web",
        direction: "egress",
      });
      await driver.delete(old);
    });
    expect((await claims(2))[key]).to.deep.include({ description: "watched" });
    const other = new Driver(lab, STACK);
    expect(await failureOf(monitor({ description: "mine" }, other))).to.have.property(
      "code",
      "claim-differs",
    );
  });

  it("changes nothing but the names of claims when it is renamed", async () => {
    const ids = await monitor();
    const flow = await tap(ids);
    const way = await driver.tunnel("way", { hosts: ["host1", "host2"], udpPort: 15000 });
    const before = await snapshots();
    const { tunnelId } = ids.outputs;
    await copied(async () => {
      await driver.update(ids, { host: "host2", port: "tap-ids", owner: `${STACK}/TapService/watch` });
      await driver.update(flow, {
        ...{ service: ids.outputs.ref, host: "host1", port: "tap-web", direction: "egress" },
        owner: `${STACK}/TapFlow/front`,
      });
      await driver.update(way, {
        hosts: ["host1", "host2"],
        udpPort: 15000,
        owner: `${STACK}/MirrorTunnel/road`,
      });
    });
    expect(ids.outputs.tunnelId).to.equal(tunnelId);
    expect(await beyondClaims(lab.hosts, before)).to.deep.equal([]);
    const names = ["MirrorTunnel/road", "TapFlow/front"].map((name) => `${STACK}/${name}`);
    expect(Object.keys(await claims(1))).to.have.members(names);
    expect(Object.keys(await claims(2))).to.have.members([...names, `${STACK}/TapService/watch`]);
  });

  it("is taken over by a program that lost its state, without touching the data path", async () => {
    const lost = await tap(await monitor());
    const before = await snapshots();
    const again = new Driver(lab, STACK);
    await copied(async () => {
      await tap(await monitor({}, again), {}, again);
    });
    expect(await beyondClaims(lab.hosts, before)).to.deep.equal([]);
    const takeovers = again.warnings.filter((warning) => warning.includes("takes over the claim of"));
    expect(
      takeovers.map((warning) => /^host (host\d): .*\/(\w+), written by/.exec(warning)?.slice(1)),
    ).to.deep.equal([
      ["host2", "ids"],
      ["host2", "web"],
      ["host1", "web"],
    ]);
    expect(driver.warnings.join()).not.to.contain("takes over");
    await unchanged(lab.hosts, () => driver.destroy());
    expect(await driver.read(lost)).to.deep.equal({});
    await again.destroy();
  });

  it("is not taken over when it differs, but named with its writer and time, unless told to adopt", async () => {
    const first = await monitor();
    const flow = await tap(first);
    const again = new Driver(lab, STACK);
    const written =
      /a different claim of \S+\/ids is already there, written by \S+@\S+ at 20\d\d-\d\d-\d\dT[\d:.]+Z/;
    await expectRefused(lab.hosts, () => monitor({ port: "tap-ids2" }, again), {
      code: "claim-differs",
      host: "host2",
      says: written,
      hint: /adopt: true/,
    });
    await expectRefused(lab.hosts, () => tap(first, { direction: "both" }, again), {
      code: "claim-differs",
      host: "host1",
      says: /TapFlow\/web is already there/,
      hint: /destroy the stack that wrote it/,
    });
    const adopted = await monitor({ port: "tap-ids2", adopt: true }, again);
    expect(adopted.outputs.portName).to.equal("tap-ids2");
    expect(await lab.host(2).ovs("ovs-vsctl port-to-br tap-ids")).to.equal("br-int\n");
    const error = await failureOf(
      driver.update(first, { host: "host2", port: "tap-ids", description: "mine" }),
    );
    expect(error).to.have.property("code", "claim-differs");
    expect((error as Error).message).to.contain("was taken over by");
    await driver.delete(flow);
    await unchanged(lab.hosts, () => driver.delete(first));
    await again.destroy();
  });

  it("stays with its stack: another stack's resource of the same name is another one", async () => {
    const other = new Driver(lab, "organization/driver/other");
    const mine = await monitor();
    const theirs = await other.service("ids", { host: "host2", port: "tap-ids2" });
    expect(theirs.outputs.tunnelId).not.to.equal(mine.outputs.tunnelId);
    await other.destroy();
    expect(Object.keys(await claims(2))).to.deep.equal([`${STACK}/TapService/ids`]);
  });
});
