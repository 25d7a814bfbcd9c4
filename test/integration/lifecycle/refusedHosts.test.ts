import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { TaasError } from "../../../provider/errors";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { expectRefused, failureOf, unchanged } from "./refused";

describe("hosts that cannot be used", () => {
  let lab: Lab;
  let driver: Driver;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "ids", host: 2 },
      ],
    });
  });

  after(() => lab.stop());

  beforeEach(() => {
    driver = new Driver(lab);
  });

  afterEach(() => driver.destroy());

  const refused = (work: () => Promise<unknown>, refusal: Parameters<typeof expectRefused>[2]) =>
    expectRefused(lab.hosts, work, refusal);
  const monitor = (from = driver) => from.service("ids", { host: "host2", port: "tap-ids" });

  it("says that a name cannot be resolved", async () => {
    const error = (await failureOf(
      driver.service("ids", { host: "no-such-host.invalid", port: "tap-ids" }),
    )) as TaasError;
    expect(error.host).to.equal("no-such-host.invalid");
    expect(error.code).to.equal("unreachable");
    expect(error.shortMessage).to.match(/cannot reach .*no-such-host\.invalid/);
    expect(error.hint).to.be.a("string").and.not.equal("");
  });

  it("finds out that a source is unreachable before the monitor's host is touched, and completes when it is back", async () => {
    const ids = await monitor();
    const { sshPort } = lab.host(1);
    await lab.host(1).stopSsh();
    const fresh = new Driver(lab);
    const tap = () => fresh.flow("web", ids, { host: "host1", port: "tap-web" });
    await refused(tap, {
      code: "unreachable",
      host: "host1",
      says: new RegExp(`cannot reach .*127\\.0\\.0\\.1.*${sshPort}.*refused`),
      hint: /sshd|port|running|firewall/i,
    });
    await lab.host(1).startSsh(sshPort);
    const flow = await tap();
    expect(flow.outputs.status).to.equal("active");
    await fresh.delete(flow);
  });

  it("does not count an unreachable host as cleaned up", async () => {
    const ids = await monitor();
    const flow = await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    const { sshPort } = lab.host(1);
    await lab.host(1).stopSsh();
    const fresh = new Driver(lab);
    for (const work of [() => fresh.delete(flow), () => fresh.read(flow)]) {
      await refused(work, { code: "unreachable", host: "host1", says: /cannot reach/, hint: /./ });
    }
    await lab.host(1).startSsh(sshPort);
    expect(await driver.read(flow)).to.have.nested.property("props.status", "active");
  });

  it("continues without a host that the inventory declares gone, and creates nothing there", async () => {
    const ids = await monitor();
    const flow = await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    const mourner = new Driver(lab, undefined, { hosts: { host1: { address: "host1", gone: true } } });
    await refused(() => mourner.flow("other", ids, { host: "host1", port: "tap-web" }), {
      code: "host-gone",
      host: "host1",
      says: /declared gone/,
      hint: /Remove `gone`/,
    });
    const before = await lab.host(1).ovs("ovs-vsctl get Bridge br-tap external_ids");
    await unchanged([lab.host(1)], () => mourner.delete(flow));
    expect(mourner.warnings.join()).to.match(/host1 is declared gone/);
    expect(await lab.host(2).ovs("ovs-vsctl get Bridge br-tap external_ids")).not.to.contain("TapFlow");
    expect(before).to.contain("TapFlow");
    await driver.delete(flow);
    expect(await lab.host(1).ovs("ovs-vsctl list-br")).not.to.contain("br-tap");
  });

  it("refuses a host whose key changed, and says which file knows the old one", async () => {
    const ids = await monitor();
    const { sshPort } = lab.host(1);
    await lab.host(1).replaceHostKeys();
    const fresh = new Driver(lab);
    await refused(() => fresh.flow("web", ids, { host: "host1", port: "tap-web" }), {
      code: "host-key-changed",
      host: "host1",
      says: /key/,
      hint: /ssh-keygen -R|known_hosts/,
    });
    await lab.ssh.write(
      lab.hosts.map((host) => ({ name: host.name, port: host.sshPort })),
      ["ed25519", "ecdsa"],
    );
    expect(lab.host(1).sshPort).to.equal(sshPort);
    const again = new Driver(lab);
    const flow = await again.flow("web", ids, { host: "host1", port: "tap-web" });
    await again.delete(flow);
  });

  for (const sudo of ["never", "auto", "always"]) {
    it(`names the user that has no rights, with sudo ${sudo}`, () => {
      const operator = new Driver(lab, undefined, {
        hosts: { host2: { address: "host2", user: "operator", sudo } },
      });
      return refused(() => monitor(operator), {
        code: "no-rights",
        host: "host2",
        says: /operator.*may not use/,
        hint: /sudoers.*sudo: "auto" or "always".*docs\/security.md/,
      });
    });
  }

  it("says that no Open vSwitch is running", async () => {
    await lab.host(2).killOvsdbServer();
    try {
      const error = (await failureOf(monitor(new Driver(lab)))) as TaasError;
      expect({ code: error.code, host: error.host }, error.message).to.deep.equal({
        code: "no-ovs",
        host: "host2",
      });
      expect(error.shortMessage).to.match(/db\.sock.*Connection refused/);
      expect(error.hint).to.match(/^Start ovsdb-server on the host$/);
    } finally {
      await lab.host(2).startOvsdbServer();
    }
  });

  it("says that ovs-vswitchd does not apply a change", async () => {
    await lab.host(2).killVswitchd();
    try {
      const hasty = new Driver(lab, undefined, { operationTimeout: 2 });
      const error = (await failureOf(monitor(hasty))) as Error;
      expect(error.message).to.match(/^host host2: ovs-vswitchd has not applied the change/);
      expect(error.message).to.match(/Is ovs-vswitchd running\?.*could not be undone/s);
    } finally {
      await lab.host(2).startVswitchd();
    }
    const ids = await monitor();
    expect(ids.outputs.status).to.equal("active");
    await driver.delete(ids);
    expect(await lab.host(2).ovs("ovs-vsctl list-br")).not.to.contain("br-tap");
    expect(await lab.host(2).ovs("ovs-vsctl get Interface tap-ids ofport_request")).to.equal("[]\n");
  });

  it("distinguishes machines that have copies of one database, and says so", async () => {
    const [one, two] = [lab.host(1), lab.host(2)];
    const id = await two.ovs("ovs-vsctl get Open_vSwitch . external_ids:system-id");
    await two.killVswitchd();
    await two.killOvsdbServer();
    await copyFile(join(one.directory, "openvswitch/conf.db"), join(two.directory, "openvswitch/conf.db"));
    await two.startOvsdbServer();
    await two.ovs(`ovs-vsctl --no-wait set Open_vSwitch . external_ids:system-id=${id}`);
    for (const work of [
      () => driver.tunnel("pair", { hosts: ["host1", "host2"] }),
      () => driver.service("ids", { hosts: ["host1", "host2"], port: "tap-ids" }),
    ]) {
      const error = (await failureOf(work())) as TaasError;
      expect(error).to.include({ code: "database-copied", host: "host2" });
      expect(error.shortMessage).to.match(
        /copy of the database of host host1 \(.*lab-\w+-1; here .*lab-\w+-2\): both have the _uuid/,
      );
      expect(error.hint).to.match(/new database/);
    }
  });
});
