import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Driver } from "../driver/driver";
import { repositoryRoot } from "../engine/fixtureProject";
import { type Lab, startLab } from "../lab/lab";
import { diffSnapshots } from "../lab/snapshot";

/** The commands that docs/troubleshooting.md has for when everything else fails. */
function documentedCommands(): string {
  const text = readFileSync(join(repositoryRoot(), "docs/troubleshooting.md"), "utf8");
  const block = /^## By hand$[\s\S]*?^```\n([\s\S]*?)^```$/m.exec(text)?.[1];
  if (block === undefined) throw new Error("there are no commands under By hand");
  return block;
}

describe("the commands for when everything else fails", () => {
  let lab: Lab;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1, vlan: 10 },
        { name: "ids", host: 1, vlan: 20 },
        { name: "rec", host: 2, vlan: 20 },
      ],
    });
  });

  after(() => lab.stop());

  it("remove all that was made on a host, and nothing else but the port of a monitor that was moved", async () => {
    const snapshots = () => Promise.all(lab.hosts.map((host) => host.snapshot()));
    const before = await snapshots();
    const driver = new Driver(lab);
    const ids = await driver.service("ids", { host: "host1", port: "tap-ids" });
    const rec = await driver.service("rec", {
      host: "host2",
      port: "tap-rec",
      attachment: "integration-bridge",
    });
    const web = { host: "host1", port: "tap-web" };
    await driver.flow("local", ids, web);
    await driver.flow("far", rec, { ...web, rateLimit: { kbps: 1000 } });
    await driver.flow("shared", rec, { ...web, transport: "shared" });
    expect(await lab.host(1).ovs("ovs-vsctl --bare --columns=name list Mirror")).not.to.equal("");

    for (const host of lab.hosts)
      await host.ovs(`set -e\n${documentedCommands().replace("; rm", " || true; rm")}`);
    const after = await snapshots();
    const changes = before.flatMap((one, index) => diffSnapshots(one, after[index]!));
    const others = changes.filter((change) => !/tap-ids|^~ Bridge br-int \S+ ports: /.test(change));
    expect(others).to.deep.equal([]);
  });
});
