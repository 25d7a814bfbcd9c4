import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { Driver } from "../../driver/driver";
import { udp } from "../../lab/frames";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots } from "../../lab/snapshot";
import { between } from "../../lab/vm";
import { orphan } from "../lifecycle/storedClaims";

const MAIN = join(__dirname, "../../../cli/main.js");
const STACK = "organization/driver/test";

describe("a monitor behind a Linux bridge", () => {
  let lab: Lab;
  let learning: number;

  before(async () => {
    lab = await startLab({
      hosts: 1,
      vms: [
        { name: "web", host: 1, vlan: 10 },
        { name: "db", host: 1, vlan: 10 },
        { name: "ids", host: 1, vlan: 20, plug: "hybrid" },
        { name: "ids2", host: 1, vlan: 20 },
      ],
    });
    learning = await ageing();
    expect(learning).to.be.above(0);
  });

  after(() => lab.stop());

  const ageing = async () => Number(await lab.host(1).ovs("cat /sys/class/net/qbr-ids/bridge/ageing_time"));

  for (const attachment of ["tap-bridge", "integration-bridge"]) {
    it(`gets both directions of a conversation, and its bridge learns again at the end (${attachment})`, async () => {
      const before = await lab.host(1).snapshot();
      const driver = new Driver(lab);
      const service = await driver.service("ids", { host: "host1", port: "qvo-ids", attachment });
      await driver.flow("web", service, { host: "host1", port: "tap-web" });
      expect(await ageing()).to.equal(0);

      const [web, db] = [lab.vm("web"), lab.vm("db")];
      const capture = await lab.vm("ids").capture();
      const frames = Array.from({ length: 5 }, (_, sourcePort) => [
        udp({ ...between(web, db), sourcePort, destinationPort: 7 }),
        udp({ ...between(db, web), sourcePort: 7, destinationPort: sourcePort }),
      ]);
      for (const [question, answer] of frames) {
        await web.send([question!]);
        await db.send([answer!]);
      }
      const copies = await capture.settle({ frames: 10 });
      await capture.stop();
      const sorted = (list: readonly Buffer[]) => list.map((frame) => frame.toString("hex")).sort();
      expect(sorted(copies)).to.deep.equal(sorted(frames.flat()));

      await driver.destroy();
      expect(await ageing()).to.equal(learning);
      expect(diffSnapshots(before, await lab.host(1).snapshot())).to.deep.equal([]);
    });
  }

  it("keeps forwarding everything while another service has it", async () => {
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

  it("has drifted when its bridge learns, as one that was made anew does, and is repaired", async () => {
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

  it("has its bridge learn again when the command line removes the claim", async () => {
    await new Driver(lab, STACK).service("ids", { host: "host1", port: "qvo-ids" });
    const where = ["--host", "host1", "--ssh-config", lab.sshConfig];
    await execa("node", [MAIN, "claims", "remove", "--yes", "--stack", STACK, ...where]);
    expect(await lab.host(1).ovs("ovs-vsctl port-to-br qvo-ids")).to.equal("br-int\n");
    expect(await ageing()).to.equal(learning);
  });

  it("has its bridge learn again when another operation clears what a killed create left", async () => {
    const killed = await new Driver(lab, STACK).service("ids", { host: "host1", port: "qvo-ids" });
    await orphan(lab.host(1), killed.id);
    const driver = new Driver(lab, STACK);
    await driver.service("ids2", { host: "host1", port: "tap-ids2" });
    expect(await ageing()).to.equal(learning);
    await driver.destroy();
  });
});
