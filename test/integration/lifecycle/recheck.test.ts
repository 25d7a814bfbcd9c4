import { expect } from "chai";
import { HostSession } from "../../../provider/host/session";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";

describe("a refresh of a host that was found sound a moment ago", () => {
  let lab: Lab;
  let driver: Driver;
  let flow: Made;
  let args: Record<string, unknown>;
  let commands = 0;
  const exec = HostSession.prototype.exec;

  before(async () => {
    HostSession.prototype.exec = function (this: HostSession, ...command) {
      commands += 1;
      return exec.apply(this, command);
    };
    const vms = ["web", "db", "ids"].map((name) => ({ name, host: 1 }));
    lab = await startLab({ hosts: 1, vms });
    driver = new Driver(lab);
    const ids = await driver.service("ids", { host: "host1", port: "tap-ids" });
    args = { service: ids.outputs.ref, host: "host1", port: "tap-web" };
    flow = await driver.create("TapFlow", "web", args);
    await driver.flow("db", ids, { host: "host1", port: "tap-db" });
  });

  after(async () => {
    HostSession.prototype.exec = exec;
    await lab.stop();
  });

  /** The status, and how many commands it took to find. */
  async function refreshed(): Promise<{ status: unknown; commands: number }> {
    commands = 0;
    const { props } = await driver.read(flow);
    return { status: props?.status, commands };
  }

  it("runs no command there", async () => {
    expect((await refreshed()).status).to.equal("active");
    expect(await refreshed()).to.deep.equal({ status: "active", commands: 0 });
  });

  const group = "$(ovs-vsctl --bare --columns=name find Mirror | head -1)";
  for (const [title, script, says] of [
    ["a rule is gone", "ovs-ofctl del-flows br-tap table=1", /missing rule on br-tap/],
    ["a rule is one too many", "ovs-ofctl add-flow br-tap table=3,actions=drop", /unexpected rule on br-tap/],
    [
      "the mark of its rules is another",
      "ovs-ofctl add-flow br-tap cookie=0x7a70000000ffffff,table=0,priority=0,actions=drop",
      /missing rule on br-tap/,
    ],
    ["fragments are handled otherwise", "ovs-ofctl set-frags br-tap normal", /handles fragments as normal/],
    ["a row is altered", `ovs-vsctl clear Mirror ${group} select_src_port`, /altered mirror/],
  ] as const) {
    it(`notices that ${title}`, async () => {
      expect((await refreshed()).status).to.equal("active");
      await lab.host(1).ovs(script);
      const { status } = await refreshed();
      expect(status).to.match(says);
      expect(await driver.update(flow, args)).to.equal(true);
    });
  }
});
