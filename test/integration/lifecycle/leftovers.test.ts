import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import type { LabHost } from "../../lab/host";
import { type Lab, startLab } from "../../lab/lab";
import { expectRefused, failureOf, unchanged } from "./refused";
import { beyondClaims, orphan, storedClaims } from "./storedClaims";
import { tunnelPorts } from "./tunnelPorts";

const STACK = "organization/cloud/prod";

describe("claims that outlive their resources", () => {
  let lab: Lab;
  let driver: Driver;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "db", host: 1 },
      { name: "app", host: 2 },
      { name: "ids", host: 2 },
      { name: "ids2", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
  });

  after(() => lab.stop());

  beforeEach(() => {
    driver = new Driver(lab, STACK);
  });

  const monitor = (by = driver, name = "ids") => by.service(name, { host: "host2", port: `tap-${name}` });
  const tap = (ids: Made, name = "web", by = driver, host = "host1") =>
    by.flow(name, ids, { host, port: `tap-${name}` });
  const bridges = (host: LabHost) => host.ovs("ovs-vsctl list-br");
  const ofport = async (port: string) =>
    (await lab.host(2).ovs(`ovs-vsctl get Interface ${port} ofport`)).trim();
  const homeOf = async (port: string) =>
    /"(\d+) - br-int"/.exec(await lab.host(2).ovs(`ovs-vsctl get Port ${port} external_ids:taas-home`))![1]!;
  const clean = async () => {
    for (const host of lab.hosts) {
      expect(await bridges(host)).not.to.contain("br-tap");
      expect(await host.ovs("ovs-vsctl get Bridge br-int mirrors")).to.equal("[]\n");
    }
    expect(await lab.host(2).ovs("ovs-vsctl port-to-br tap-ids")).to.equal("br-int\n");
  };

  it("keep a service that other stacks' flows use, each of them named", async () => {
    const ids = await monitor();
    const tenants = ["red", "blue"].map((name) => new Driver(lab, `organization/tenants/${name}`));
    await tap(ids, "web", tenants[0]);
    await tap(ids, "app", tenants[1], "host2");
    await tap(ids, "db");
    await expectRefused(lab.hosts, () => driver.delete(ids), {
      code: "service-in-use",
      host: "host2",
      says: /tap service \S+\/TapService\/ids is still used by (?=.*tenants\/red\/TapFlow\/web)(?=.*tenants\/blue\/TapFlow\/app)(?!.*cloud)/,
      hint: /In the stacks that created them, destroy those TapFlows, or run up if this service has moved/,
    });
    await tenants[0]!.destroy();
    expect(await failureOf(driver.delete(ids))).to.have.property("code", "service-in-use");
    await tenants[1]!.destroy();
    await driver.destroy();
    await clean();
  });

  it("are deleted with their service when they are of its own stack, at both ends", async () => {
    const ids = await monitor();
    const flows = [await tap(ids), await tap(ids, "app", driver, "host2")];
    const lost = new Driver(lab, STACK);
    await lost.delete(ids);
    await clean();
    for (const flow of flows) {
      expect(await lost.read(flow)).to.deep.equal({});
      await unchanged(lab.hosts, () => lost.delete(flow));
    }
  });

  it("keep to their own service when it is deleted: those of another one stay", async () => {
    const ids = await monitor();
    const other = await monitor(driver, "ids2");
    await tap(ids);
    const db = await tap(other, "db");
    await driver.delete(ids);
    expect(Object.keys(await storedClaims(lab.host(1)))).to.deep.equal([db.id]);
    expect(await driver.read(db)).to.have.nested.property("props.status", "active");
    await driver.delete(db);
    await driver.delete(other);
    await clean();
  });

  it("of a killed create are deleted by their stack's next operation there, and by nobody else's", async () => {
    const ids = await monitor();
    const web = await tap(ids);
    await orphan(lab.host(1), web.id);
    await orphan(lab.host(2), web.id);
    const other = new Driver(lab, "organization/other/prod");
    const theirs = await monitor(other, "ids2");
    expect(Object.keys(await storedClaims(lab.host(2)))).to.include(web.id);
    await other.delete(theirs);

    const mine = await monitor(driver, "ids2");
    expect(Object.keys(await storedClaims(lab.host(2)))).to.have.members([ids.id, mine.id]);
    expect(await bridges(lab.host(1)), "its other end").not.to.contain("br-tap");
    expect(await tunnelPorts(lab.host(2))).to.deep.equal([]);
    await driver.destroy();
    await clean();
  });

  it("of a create that was killed between the confirmations of its hosts are confirmed, and deleted with their service", async () => {
    const ids = await monitor();
    for (const index of [1, 2]) {
      const web = await tap(ids);
      await orphan(lab.host(index), web.id);
      const lost = new Driver(lab, STACK);
      const near = await lost.service("near", {
        host: `host${index}`,
        port: index === 1 ? "tap-db" : "tap-ids2",
      });
      for (const host of lab.hosts) {
        const claim = (await storedClaims(host))[web.id];
        expect(claim, host.name).to.have.property("token", web.outputs.incarnation);
        expect(claim, host.name).not.to.have.property("pending");
      }
      await lost.delete(near);
      await driver.delete(web);
    }
    const web = await tap(ids);
    await orphan(lab.host(2), web.id);
    await new Driver(lab, STACK).delete(ids);
    await clean();
  });

  it("of a killed create are completed when the same is created again", async () => {
    const ids = await monitor();
    const web = await tap(ids);
    await orphan(lab.host(1), web.id);
    await orphan(lab.host(2), web.id);
    const again = new Driver(lab, STACK);
    const flow = await again.flow("web", ids, { host: "host1", port: "tap-db", direction: "ingress" });
    expect(flow.outputs.portName).to.equal("tap-db");
    for (const host of lab.hosts) expect((await storedClaims(host))[web.id]).not.to.have.property("pending");
    await again.destroy();
    await driver.delete(ids);
    await clean();
  });

  it("of a killed create are deleted although its monitor's number is another port's by now, which keeps it", async () => {
    const ids = await monitor();
    await orphan(lab.host(2), ids.id);
    const [number, taken] = [await ofport("tap-app"), await homeOf("tap-ids")];
    await lab.host(2).ovs(`ovs-vsctl set Interface tap-app ofport_request=${taken}`);
    const other = await monitor(driver, "ids2");
    expect(Object.keys(await storedClaims(lab.host(2)))).to.deep.equal([other.id]);
    expect(await lab.host(2).ovs("ovs-vsctl port-to-br tap-ids")).to.equal("br-int\n");
    expect(await ofport("tap-app")).to.equal(taken);
    expect(driver.warnings.join("\n")).to.match(
      /port tap-ids is back on br-int as OpenFlow port \d+: its number/,
    );
    await lab.host(2).ovs(`ovs-vsctl set Interface tap-app ofport_request=${number}`);
    await driver.delete(other);
    await lab.host(2).ovs("ovs-vsctl clear Interface tap-app ofport_request");
    await clean();
  });

  it("are none of a service with the longest possible owner key", async () => {
    const long = new Driver(lab, `${STACK}${"x".repeat(2000 - STACK.length)}`);
    const ids = await long.service("y".repeat(30), { host: "host2", port: "tap-ids" });
    expect(ids.id.length).to.be.within(2032, 2048);
    await long.destroy();
    await clean();
  });

  it("of a create that fails half done are undone at once", async () => {
    const ids = await monitor();
    const before = await Promise.all(lab.hosts.map((host) => host.snapshot()));
    const tool = await lab.host(1).ovs("readlink -f $(command -v ovs-ofctl)");
    await lab.host(1).ovs(`mount --bind /bin/false ${tool}`);
    const capped = { host: "host1", port: "tap-web", rateLimit: { packetsPerSecond: 1000 } };
    const error = await failureOf(driver.flow("web", ids, capped));
    await lab.host(1).ovs(`umount ${tool}`);
    expect(await beyondClaims(lab.hosts, before)).to.deep.equal([]);
    expect(Object.keys(await storedClaims(lab.host(2)))).to.deep.equal([ids.id]);
    expect(error).to.have.property("code", "openflow-error");
    expect((error as Error).message).to.match(/^host host1: setting meters on bridge br-tap failed/);
    expect((await tap(ids)).outputs.status).to.equal("active");
    await driver.destroy();
    await clean();
  });

  it("have no reference count: a service removed by hand is gone, and its flows say so", async () => {
    const ids = await monitor();
    const web = await tap(ids);
    await lab.host(2).ovs(`ovs-vsctl remove Bridge br-tap external_ids '"taas:${ids.id}"'`);
    expect(await driver.read(ids)).to.deep.equal({});
    const { props } = await driver.read(web);
    expect(props?.status).to.match(
      /^drifted: host host2: tap service \S+ids with tunnel id \d+ is not on this host/,
    );
    await driver.delete(web);
    await driver.delete(ids);
    expect(await bridges(lab.host(1))).not.to.contain("br-tap");
  });
});
