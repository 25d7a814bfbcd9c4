import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { execa } from "execa";
import { Driver } from "../../driver/driver";
import { ethernet, igmpQuery, sortedHex, udp } from "../../lab/frames";
import type { Lab } from "../../lab/lab";
import { diffSnapshots } from "../../lab/snapshot";
import { between } from "../../lab/vm";
import { skipForLackOf } from "../../lacking";
import { orphan, storedClaims } from "../lifecycle/storedClaims";
import { Plugs } from "./plugs";

const MAIN = join(__dirname, "../../../cli/main.js");
const STACK = "organization/driver/test";

/** Monitors behind Linux bridges: the VM, its port on `br-int`, its bridge, that bridge's port on the side of Open vSwitch. */
const PLUGS = [
  { vm: "ids", port: "qvo-ids", bridge: "qbr-ids", inner: "qvb-ids", attachment: "tap-bridge" },
  { vm: "ids", port: "qvo-ids", bridge: "qbr-ids", inner: "qvb-ids", attachment: "integration-bridge" },
  { vm: "cabled", port: "out0", bridge: "office", inner: "in0", attachment: "tap-bridge" },
  { vm: "walled", port: "fwln9", bridge: "fwbr9", inner: "fwln9", attachment: "integration-bridge" },
];

/** The last byte of the link-local addresses of STP, LACP, EAPOL and LLDP, whose frames a Linux bridge can forward. */
const LINK_LOCAL = [0x00, 0x02, 0x03, 0x0e];

describe("a monitor behind a Linux bridge", () => {
  let plugs: Plugs;
  let lab: Lab;
  let learning: number;

  before(async () => {
    plugs = await Plugs.start();
    ({ lab, learning } = plugs);
  });

  after(() => lab.stop());

  const ageing = (bridge = "qbr-ids") => plugs.ageing(bridge);
  const snooping = (bridge: string) => plugs.snooping(bridge);
  const mask = (port: string) => plugs.mask(port);

  for (const { vm, port, bridge, inner, attachment } of PLUGS) {
    it(`gets both directions of a conversation, and ${bridge} is restored at the end (${attachment})`, async () => {
      const before = await lab.host(1).snapshot();
      const driver = new Driver(lab);
      const service = await driver.service("ids", { host: "host1", port, attachment });
      await driver.flow("web", service, { host: "host1", port: "tap-web" });
      expect([await ageing(bridge), await mask(inner)]).to.deep.equal([0, "0xfffd"]);

      const [web, db] = [lab.vm("web"), lab.vm("db")];
      const capture = await lab.vm(vm).capture();
      const frames = Array.from({ length: 5 }, (_, sourcePort) => [
        udp({ ...between(web, db), sourcePort, destinationPort: 7 }),
        udp({ ...between(db, web), sourcePort: 7, destinationPort: sourcePort }),
      ]);
      for (const [question, answer] of frames) {
        await web.send([question!]);
        await db.send([answer!]);
      }
      const local = LINK_LOCAL.map((last) =>
        ethernet(
          { ...between(web, db), destination: `01:80:c2:00:00:0${last.toString(16)}` },
          0x88b5,
          Buffer.alloc(50),
        ),
      );
      await web.send(local);
      const sent = [...frames.flat(), ...local];
      const copies = await capture.settle({ frames: sent.length });
      await capture.stop();
      expect(sortedHex(copies)).to.deep.equal(sortedHex(sent));

      await driver.destroy();
      expect([await ageing(bridge), await mask(inner)]).to.deep.equal([learning, "0x0"]);
      expect(diffSnapshots(before, await lab.host(1).snapshot())).to.deep.equal([]);
    });
  }

  it("gets copies of multicast frames after one of a router's query, although its bridge snoops", async () => {
    expect(await snooping("fwbr9")).to.equal(1);
    const driver = new Driver(lab);
    const attachment = "integration-bridge";
    const service = await driver.service("ids", { host: "host1", port: "fwln9", attachment });
    await driver.flow("web", service, { host: "host1", port: "tap-web" });
    expect(await snooping("fwbr9")).to.equal(0);

    const web = lab.vm("web");
    const capture = await lab.vm("walled").capture();
    const towards = (last: string, destinationIp: string) => ({
      ...{ ...between(web, lab.vm("db")), destination: `01:00:5e:${last}`, destinationIp },
    });
    const query = igmpQuery(towards("00:00:01", "224.0.0.1"));
    const film = udp({ ...towards("01:02:03", "239.1.2.3"), sourcePort: 5, destinationPort: 5 });
    await web.send([query]);
    // A bridge that snoops waits for answers to the query before it drops what nobody asked for.
    await sleep(200);
    await web.send([film]);
    const copies = await capture.settle({ frames: 2 });
    await capture.stop();
    expect(sortedHex(copies)).to.deep.equal(sortedHex([query, film]));

    await driver.destroy();
    expect(await snooping("fwbr9")).to.equal(1);
  });

  it("is created with a warning while its bridge passes the host's firewall", async function () {
    const file = "/proc/sys/net/bridge/bridge-nf-call-iptables";
    const found = await lab.host(1).ovs(`[ ! -e ${file} ] || { echo 1 > ${file}; echo found; }`);
    if (found === "") skipForLackOf(this, "br_netfilter");
    const driver = new Driver(lab);
    await driver.service("direct", { host: "host1", port: "tap-ids2" });
    expect(driver.warnings).to.deep.equal([]);
    await driver.service("ids", { host: "host1", port: "qvo-ids" });
    expect(driver.warnings.join()).to.match(
      /^host host1: copies to monitor port qvo-ids pass .* firewall, .*qbr-ids/,
    );
    await driver.destroy();
    await lab.host(1).ovs(`echo 0 > ${file}`);
  });

  it("keeps forwarding everything while another service uses it", async () => {
    const driver = new Driver(lab);
    const first = await driver.service("first", { host: "host1", port: "qvo-ids" });
    const second = await driver.service("second", { host: "host1", port: "qvo-ids" });
    await driver.delete(first);
    expect(await ageing()).to.equal(0);
    await driver.delete(second);
    expect(await ageing()).to.equal(learning);
  });

  it("keeps forwarding everything while its host is written as another name of the machine", async () => {
    const driver = new Driver(lab);
    const service = await driver.service("ids", { hosts: ["host1"], port: "qvo-ids" });
    await driver.update(service, { hosts: ["host1-alias"], port: "qvo-ids" });
    expect(await ageing()).to.equal(0);
    await driver.update(service, { hosts: ["host1"], port: "tap-ids2" });
    expect(await ageing()).to.equal(learning);
    await driver.delete(service);
  });

  it("has drifted when its bridge learns, as one that was created again does, and is repaired", async () => {
    const driver = new Driver(lab);
    const args = { host: "host1", port: "qvo-ids" };
    const service = await driver.service("ids", args);
    const web = await driver.flow("web", service, { host: "host1", port: "tap-web" });
    for (const attempt of ["after a whole comparison", "after another"]) {
      for (const made of [service, web]) {
        await driver.read(made);
        expect(made.outputs.status, attempt).to.equal("active");
      }
      await lab.host(1).ovs("ip link set dev qbr-ids type bridge ageing_time 30000");
      await driver.read(web);
      expect(web.outputs.status).to.equal("active");
      await driver.read(service);
      expect(service.outputs.status).to.equal(
        "drifted: host host1: Linux bridge qbr-ids has ageing time 30000, not 0",
      );
      expect(await driver.update(service, args)).to.equal(true);
      expect(await ageing()).to.equal(0);
    }
    await driver.destroy();
    expect(await ageing()).to.equal(learning);
  });

  it("is repaired by whatever operation is next, including its port's mask", async () => {
    const driver = new Driver(lab);
    const service = await driver.service("ids", { host: "host1", port: "qvo-ids" });
    await lab
      .host(1)
      .ovs(
        "ip link set dev qbr-ids type bridge ageing_time 30000; ip link set dev qvb-ids type bridge_slave group_fwd_mask 0",
      );
    await driver.read(service);
    expect(service.outputs.status).to.equal(
      "drifted: host host1: Linux bridge qbr-ids has ageing time 30000, not 0; " +
        "host host1: port qvb-ids of Linux bridge qbr-ids has group_fwd_mask 0x0, not 0xfffd",
    );
    await driver.flow("web", service, { host: "host1", port: "tap-web" });
    expect([await ageing(), await mask("qvb-ids")]).to.deep.equal([0, "0xfffd"]);
    await driver.destroy();
    expect([await ageing(), await mask("qvb-ids")]).to.deep.equal([learning, "0x0"]);
  });

  it("has its bridge restored at the end, although its port's row was created again meanwhile", async () => {
    const driver = new Driver(lab);
    const args = { host: "host1", port: "qvo-ids" };
    const service = await driver.service("ids", args);
    const anew = "ovs-vsctl -- del-port qvo-ids -- add-port br-int qvo-ids tag=20";
    await lab.host(1).ovs(anew);
    await driver.read(service);
    expect(await driver.update(service, args)).to.equal(true);
    expect([await ageing(), await mask("qvb-ids")]).to.deep.equal([0, "0xfffd"]);
    await lab.host(1).ovs(anew);
    await driver.destroy();
    expect([await ageing(), await mask("qvb-ids")]).to.deep.equal([learning, "0x0"]);
  });

  it("has its bridge open again when a create that took its service over for another port is undone", async () => {
    const driver = new Driver(lab, STACK);
    const { id } = await driver.service("ids", { host: "host1", port: "qvo-ids" });
    const before = (await storedClaims(lab.host(1)))[id];
    await new Driver(lab, STACK).service("ids", { host: "host1", port: "tap-ids2", adopt: true });
    expect(await ageing()).to.equal(learning);
    await orphan(lab.host(1), id, { replaces: JSON.stringify(before) });
    await driver.service("other", { host: "host1", port: "tap-ids2" });
    expect((await storedClaims(lab.host(1)))[id]).to.deep.equal(before);
    expect(await ageing()).to.equal(0);
    await driver.destroy();
    expect(await ageing()).to.equal(learning);
  });

  it("has its bridge learn again when the command line removes the claim", async () => {
    await new Driver(lab, STACK).service("ids", { host: "host1", port: "qvo-ids" });
    const where = ["--host", "host1", "--ssh-config", lab.sshConfig];
    await execa("node", [MAIN, "claims", "remove", "--yes", "--stack", STACK, ...where]);
    expect(await lab.host(1).ovs("ovs-vsctl port-to-br qvo-ids")).to.equal("br-int\n");
    expect(await ageing()).to.equal(learning);
  });

  it("has its bridge learn again when another operation cleans up what a killed create left", async () => {
    const killed = await new Driver(lab, STACK).service("ids", { host: "host1", port: "qvo-ids" });
    await orphan(lab.host(1), killed.id);
    const driver = new Driver(lab, STACK);
    await driver.service("ids2", { host: "host1", port: "tap-ids2" });
    expect(await ageing()).to.equal(learning);
    await driver.destroy();
  });
});
