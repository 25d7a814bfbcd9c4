import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { Baseline } from "../faults/hosts";

/** What of ours is on production bridges. */
const OURS = `
ovs-vsctl --columns=name find Mirror external_ids:taas=1
for bridge in br-int br-tun; do
  ovs-vsctl list-ports $bridge | grep -E '^m[a-z]-' || true
  ovs-ofctl --no-stats dump-flows $bridge cookie=0x7a70000000000000/0xffff000000000000 | grep cookie || true
done`;

describe("hosts whose tap bridges somebody has deleted", () => {
  let lab: Lab;
  let driver: Driver;
  let origin: Baseline;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "app", host: 2 },
      { name: "ids", host: 2 },
      { name: "ids2", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
  });

  after(() => lab.stop());

  const ours = () => Promise.all(lab.hosts.map(async (host) => (await host.ovs(OURS)).trim()));

  /** Taps with Mirrors on br-int of both hosts, a rule there on host2, and rules on br-tun of both. */
  beforeEach(async () => {
    driver = new Driver(lab);
    origin = await Baseline.of(lab);
    const ids = await driver.service("ids", {
      ...{ host: "host2", port: "tap-ids", attachment: "integration-bridge" },
    });
    await driver.flow("web", ids, { host: "host1", port: "tap-web", transport: "shared" });
    await driver.flow("app", ids, { host: "host2", port: "tap-app" });
    for (const host of lab.hosts) await host.ovs("ovs-vsctl del-br br-tap");
    expect((await ours()).map((text) => /0x7a70/.test(text))).to.deep.equal([true, true]);
  });

  it("are as they were before once the stack is destroyed", async () => {
    await driver.destroy();
    expect(await origin.differences()).to.deep.equal([]);
  });

  it("keep no rule of ours on production bridges when another stack comes first", async () => {
    const other = new Driver(lab, "organization/other/test");
    const ids = await other.service("ids2", { host: "host2", port: "tap-ids2" });
    expect((await ours())[1]).to.equal("");
    await other.delete(ids);
    await driver.destroy();
    expect(await origin.differences()).to.deep.equal([]);
  });
});
