import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { TaasError } from "../../provider/errors";
import { Driver, type Made } from "../driver/driver";
import { repositoryRoot } from "../engine/fixtureProject";
import type { LabHost } from "../lab/host";
import { type Lab, startLab } from "../lab/lab";
import { diffSnapshots } from "../lab/snapshot";
import { failureOf } from "./host/client";
import { installGroup, installSudoers } from "./rights/setUps";

const file = (name: string) => readFileSync(join(repositoryRoot(), "docs/rights", name), "utf8");
const ALIASES = ["TAAS_DATABASE", "TAAS_GUARD", "TAAS_RULES", "TAAS_AGEING"] as const;

async function statuses(driver: Driver, made: readonly Made[]): Promise<unknown[]> {
  for (const one of made) await driver.read(one);
  return made.map((one) => one.outputs.status);
}

/** Both set-ups of docs/rights as they stand there: host1 by sudo, host2 by the group of the sockets. */
describe("a login user who is not root", () => {
  let lab: Lab;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1, vlan: 10 },
        { name: "ids", host: 1, vlan: 20, plug: "hybrid" },
        { name: "db", host: 2, vlan: 10 },
        { name: "rec", host: 2, vlan: 20 },
        { name: "hyb", host: 2, vlan: 20, plug: "hybrid" },
      ],
    });
    await installSudoers(lab.host(1), file("sudoers"), "tapadmin");
    await installGroup(lab.host(2), file("group.conf"), "operator");
  });

  after(() => lab.stop());

  const hosts = {
    host1: { address: "host1", user: "tapadmin" },
    host2: { address: "host2", user: "operator", sudo: "never" },
  };
  const snapshots = () => Promise.all(lab.hosts.map((host) => host.snapshot()));
  const changes = async (before: Awaited<ReturnType<typeof snapshots>>) =>
    (await snapshots())
      .flatMap((after, index) => diffSnapshots(before[index]!, after))
      .filter((change) => !/ mac_in_use: /.test(change)); // drawn anew when ovs-vswitchd starts

  /** What an attempt is refused with, and that it left no trace. */
  const refused = async (attempt: () => Promise<unknown>): Promise<TaasError> => {
    const before = await snapshots();
    const error = await failureOf(attempt());
    expect(await changes(before)).to.deep.equal([]);
    expect(error.code, error.message).to.equal("no-rights");
    return error;
  };

  it("does all that a tap needs by one set-up or the other: create, change, read, repair and delete", async () => {
    const before = await snapshots();
    const driver = new Driver(lab, undefined, { hosts });
    const forIds = { host: "host1", port: "qvo-ids" };
    const forRec = { host: "host2", port: "tap-rec", attachment: "integration-bridge" };
    const ids = await driver.service("ids", forIds);
    const rec = await driver.service("rec", forRec);
    const capped = { service: ids.outputs.ref, host: "host2", port: "tap-db", rateLimit: { kbps: 1000 } };
    const forWeb = { service: rec.outputs.ref, host: "host1", port: "tap-web" };
    const db = await driver.create("TapFlow", "db", capped);
    const web = await driver.create("TapFlow", "web", forWeb);
    expect(await statuses(driver, [ids, rec, db, web])).to.deep.equal(Array(4).fill("active"));

    const ingress = { ...capped, direction: "ingress" };
    expect(await driver.update(db, ingress)).to.equal(true);
    for (const host of lab.hosts) await host.restartVswitchd();
    const drifted = await statuses(driver, [ids, rec, db, web]);
    for (const status of drifted) expect(status).to.match(/^drifted: .*missing rule/);
    await driver.update(ids, forIds);
    await driver.update(rec, forRec);
    await driver.update(db, ingress);
    await driver.update(web, forWeb);
    expect(await statuses(driver, [ids, rec, db, web])).to.deep.equal(Array(4).fill("active"));
    await driver.destroy();
    expect(await changes(before)).to.deep.equal([]);
  });

  for (const [alias, tool] of [
    ["TAAS_DATABASE", /db\.sock|ovsdb-client/],
    ["TAAS_GUARD", /may not use "ovs-vsctl"/],
    ["TAAS_RULES", /may not use "ovs-ofctl"/],
    ["TAAS_AGEING", /may not use "ip link set/],
  ] as const) {
    it(`learns before the first write that sudo lacks ${alias}`, async () => {
      const others = ALIASES.filter((name) => name !== alias).join(", ");
      await installSudoers(lab.host(1), file("sudoers").replace(ALIASES.join(", "), others), "tapadmin");
      try {
        const driver = new Driver(lab, undefined, { hosts });
        const error = await refused(() => driver.service("ids", { host: "host1", port: "qvo-ids" }));
        expect(error.message).to.match(tool).and.to.include("tapadmin@");
        expect(error.message).to.match(/^host host1: /);
      } finally {
        await installSudoers(lab.host(1), file("sudoers"), "tapadmin");
      }
    });
  }

  it("learns before the first write that the group lacks a socket, or that a monitor needs more than sockets", async () => {
    const driver = new Driver(lab, undefined, { hosts });
    const monitor = () => driver.service("rec", { host: "host2", port: "tap-rec" });
    for (const socket of ["db.sock", "br-int.mgmt"]) {
      await lab.host(2).ovs(`chmod g-w /run/openvswitch/${socket}`);
      const error = await refused(() =>
        new Driver(lab, undefined, { hosts }).service("rec", { host: "host2", port: "tap-rec" }),
      );
      await lab.host(2).ovs(`chmod g+w /run/openvswitch/${socket}`);
      expect(error.message).to.match(/operator@.*may not use/);
    }
    await driver.delete(await monitor());
    const hybrid = await refused(() => driver.service("hyb", { host: "host2", port: "qvo-hyb" }));
    expect(hybrid.message).to.match(/may not use "ip link set dev qbr-hyb/);
  });

  it("can do no more by that sudo than the file says: no shell, no file, no option", async () => {
    const host = lab.host(1);
    const log = "--log-file=/etc/taas-hostile";
    const transact = "ovsdb-client --timeout=5 -- transact unix:/var/run/openvswitch/db.sock";
    for (const line of [
      "sh -c id",
      "env id",
      `ovs-vsctl ${log} show`,
      "ovs-vsctl set Bridge br-int fail_mode=standalone",
      `ovs-ofctl ${log} dump-flows br-int`,
      `ovs-ofctl -O OpenFlow14 --timeout=5 ${log} -- dump-flows br-int`,
      "ovs-ofctl -O OpenFlow14 --timeout=5 -- replace-flows br-int /etc/shadow",
      "ovs-ofctl -O OpenFlow14 --timeout=5 -- dump-flows unix:/run/openvswitch/br-int.mgmt",
      `${transact} '["_Server"]'`,
      `ovsdb-client ${log} --timeout=5 -- transact unix:/var/run/openvswitch/db.sock '["Open_vSwitch",{}]'`,
      "ip link set dev br-int down",
    ]) {
      expect(await asUser(host, `sudo -n ${line}`), line).to.match(/password is required|not allowed/);
    }
    const scratch = "/run/taas-diff";
    await host.ovs(`install -d -m 777 ${scratch} && ln -s /etc/shadow ${scratch}/br-none`);
    const diff = "ovs-ofctl -O OpenFlow14 --timeout=5 --no-names -- diff-flows br-none /dev/stdin </dev/null";
    const said = await asUser(host, `cd ${scratch} && sudo -n ${diff}`);
    expect(said, "a file of a bridge's name").to.match(/br-none is not a bridge or a socket/);
    for (const line of [`${transact} '["Open_vSwitch",{"op":"comment","comment":"x"}]' ${log} ']'`]) {
      expect(await asUser(host, `sudo -n ${line}`), line).to.match(/invalid syntax|at most/);
    }
    const { stdout } = await host.run(["find", "/etc/taas-hostile"]);
    expect(stdout).to.equal("");
  });

  /** What a line of shell says when the login user of host1 runs it. */
  async function asUser(host: LabHost, line: string): Promise<string> {
    const { stdout, stderr } = await host.run([
      "setpriv",
      "--reuid=tapadmin",
      "--regid=tapadmin",
      "--clear-groups",
      "sh",
      "-c",
      line,
    ]);
    return stdout + stderr;
  }
});
