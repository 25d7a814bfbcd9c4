import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots } from "../../lab/snapshot";
import { datagram, expectFrames, learn, received } from "../copies/traffic";

/** As many as Open vSwitch does on a bridge. */
const LIMIT = 32;

describe("a capture group of its own", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let service: Made;

  before(async () => {
    lab = await startLab({
      hosts: 1,
      vms: ["web", "db", "app", "mon"].map((name) => ({ name, host: 1 })),
    });
    driver = new Driver(lab);
  });
  after(() => lab?.stop());
  beforeEach(async () => {
    service = await driver.service("ids", { host: "host1", port: "tap-mon" });
  });
  afterEach(() => driver.destroy());

  const tap = (name: string, args: object = {}) =>
    driver.flow(name, service, { host: "host1", port: `tap-${name}`, ...args });

  const mirrors = async () =>
    (await lab.host(1).ovs("ovs-vsctl --columns=name list Mirror")).match(/"?taas-/g)?.length ?? 0;

  const cap = { rateLimit: { kbps: 1_000_000 } };
  for (const { what, args, groups } of [
    { what: "shared by flows without treatment", args: [{}, {}], groups: 1 },
    {
      what: "shared by flows with the same filter and slices",
      args: [{ snapLength: 500 }, { snapLength: 500 }],
      groups: 1,
    },
    {
      what: "not shared by flows with other slices",
      args: [{ snapLength: 500 }, { snapLength: 501 }],
      groups: 2,
    },
    { what: "a flow's own when it has counters of its own", args: [{ counters: "own" }, {}], groups: 2 },
    {
      what: "each one's own when both have counters of their own",
      args: [{ counters: "own" }, { counters: "own" }],
      groups: 2,
    },
    { what: "each one's own when both have the same cap", args: [cap, cap], groups: 2 },
  ]) {
    it(`is ${what}`, async () => {
      await tap("web", args[0]);
      await tap("db", args[1]);
      expect(await mirrors()).to.equal(groups);
      await learn([lab.vm("web"), lab.vm("db"), lab.vm("app")]);
      const between = datagram(lab.vm("web"), lab.vm("db"));
      const other = datagram(lab.vm("web"), lab.vm("app"));
      const [at] = await received([lab.vm("mon")], () => lab.vm("web").send([between, other]), [groups + 1]);
      expectFrames(at!, [...Array(groups).fill(between), other]);
    });
  }

  it("counts its own copies", async () => {
    await tap("web", { counters: "own" });
    await tap("db", { counters: "own" });
    await learn([lab.vm("web"), lab.vm("db"), lab.vm("app")]);
    const packets = async () => {
      const dump = await lab
        .host(1)
        .ovs("ovs-appctl revalidator/wait; ovs-ofctl -O OpenFlow14 dump-flows br-tap table=1");
      const rules = dump.split("\n").filter((line) => line.includes("in_port="));
      return rules.map((line) => Number(/n_packets=(\d+)/.exec(line)![1]));
    };
    const start = await packets();
    const frames = [1, 2, 3].map(() => datagram(lab.vm("web"), lab.vm("app")));
    await received([lab.vm("mon")], () => lab.vm("web").send(frames), [3]);
    const counted = (await packets()).map((count, index) => count - start[index]!);
    expect(counted.sort()).to.deep.equal([0, 3]);
  });

  describe("is refused in time when Open vSwitch has no Mirror left", () => {
    const others = Array.from({ length: LIMIT - 2 }, (_, index) => `other${index}`);

    before(async () => {
      const make = others.map(
        (name) => `-- --id=@${name} create Mirror name=${name} -- add Bridge br-int mirrors @${name}`,
      );
      await lab.host(1).ovs(`ovs-vsctl ${make.join(" ")}`);
    });
    after(() => lab.host(1).ovs("ovs-vsctl clear Bridge br-int mirrors"));

    async function expectRefused(name: string, args: object): Promise<void> {
      const start = await lab.host(1).snapshot();
      const outcome = await tap(name, args).then(() => "made", String);
      expect(outcome).to.match(
        /host host1: bridge br-int would have (33|34) Mirrors, and Open vSwitch supports at most 32: /,
      );
      expect(outcome).to.contain("not ours: other0, other1");
      expect(diffSnapshots(start, await lab.host(1).snapshot())).to.deep.equal([]);
    }

    it("for a flow whose directions are distinguished, which needs two", async () => {
      await tap("web");
      await expectRefused("db", {
        filter: [{ action: "accept", direction: "ingress" }, { action: "accept" }],
      });
      await tap("app", { counters: "own" });
      await expectRefused("db", cap);
      await expectRefused("db", { snapLength: 100 });
    });

    it("and not for a flow that shares one", async () => {
      await tap("web");
      await tap("app", cap);
      await tap("db");
      expect(await mirrors()).to.equal(2);
    });
  });
});
