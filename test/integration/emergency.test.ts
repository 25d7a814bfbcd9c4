import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Driver } from "../driver/driver";
import { repositoryRoot } from "../engine/fixtureProject";
import { type Lab, startLab } from "../lab/lab";
import { diffSnapshots } from "../lab/snapshot";

/** The script that docs/operations.md has for when everything else fails. */
function documentedScript(): string {
  const text = readFileSync(join(repositoryRoot(), "docs/operations.md"), "utf8");
  const block = /^### Remove everything by hand$[\s\S]*?^```sh\n([\s\S]*?)^```$/m.exec(text)?.[1];
  if (block === undefined) throw new Error("there is no script under Remove everything by hand");
  return block;
}

describe("the script for when everything else fails", () => {
  let lab: Lab;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1, vlan: 10 },
        { name: "ids", host: 1, vlan: 20 },
        { name: "rec", host: 2, vlan: 20 },
        { name: "hyb", host: 2, vlan: 20, plug: "hybrid" },
      ],
    });
  });

  after(() => lab.stop());

  it("leaves each host as it was found, Mirrors, moved monitors and the Linux bridge behind one included", async () => {
    // Labels of the operator, with the key of our mark.
    await lab.host(1).ovs(`
ovs-vsctl set Port tap-web external_ids:taas=1
ovs-vsctl -- --id=@m create Mirror name=span external_ids:taas=1 -- add Bridge br-int mirrors @m`);
    await lab.host(2).ovs("ip link set dev qbr-hyb type bridge mcast_snooping 1");
    const snapshots = () => Promise.all(lab.hosts.map((host) => host.snapshot()));
    const linuxBridge = () =>
      lab
        .host(2)
        .ovs(
          "cd /sys/class/net; cat qbr-hyb/bridge/{ageing_time,multicast_snooping} qvb-hyb/brport/group_fwd_mask",
        );
    const before = [await snapshots(), await linuxBridge()] as const;
    const driver = new Driver(lab);
    const ids = await driver.service("ids", { host: "host1", port: "tap-ids" });
    const hyb = await driver.service("hyb", { host: "host2", port: "qvo-hyb" });
    const rec = await driver.service("rec", {
      host: "host2",
      port: "tap-rec",
      attachment: "integration-bridge",
    });
    const web = { host: "host1", port: "tap-web" };
    await driver.flow("local", ids, web);
    await driver.flow("hybrid", hyb, web);
    await driver.flow("far", rec, { ...web, rateLimit: { kbps: 1000 } });
    await driver.flow("shared", rec, { ...web, transport: "shared" });
    expect(await lab.host(1).ovs("ovs-vsctl --bare --columns=name list Mirror")).not.to.equal("");
    expect(await linuxBridge()).not.to.equal(before[1]);

    for (const host of lab.hosts) await host.ovs(documentedScript());
    const after = await snapshots();
    expect(before[0].flatMap((one, index) => diffSnapshots(one, after[index]!))).to.deep.equal([]);
    expect(await linuxBridge()).to.equal(before[1]);
  });
});
