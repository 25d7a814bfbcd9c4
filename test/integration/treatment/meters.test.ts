import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { datagram, expectFrames, received } from "../copies/traffic";
import { meters } from "./meterStats";

const CAP = { kbps: 8_000, burst: 1_000 };
const METER = "kbps burst stats bands= type=drop rate=8000 burst_size=1000";

describe("the meters of capped flows", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let service: Made;
  let web: Made;
  const args = (port: string, more: object = {}) => ({ host: "host1", port, rateLimit: CAP, ...more });

  before(async () => {
    lab = await startLab({
      hosts: 1,
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1 },
        { name: "mon", host: 1 },
      ],
    });
    driver = new Driver(lab);
  });
  after(() => lab?.stop());
  beforeEach(async () => {
    service = await driver.service("ids", { host: "host1", port: "tap-mon" });
    web = await driver.flow("web", service, args("tap-web"));
  });
  afterEach(() => driver.destroy());

  const update = (flow: Made, more: object) =>
    driver.update(flow, { service: service.outputs.ref, host: "host1", port: `tap-${flow.name}`, ...more });

  const texts = async () => (await meters(lab.host(1))).map((line) => line.replace(/^meter=\d+ /, ""));

  /** The copies of a frame come as they should, whatever was done to the meters. */
  async function expectCopies(): Promise<void> {
    const frame = datagram(lab.vm("web"), lab.vm("db"));
    const [copies] = await received([lab.vm("mon")], () => lab.vm("web").send([frame]), [1]);
    expectFrames(copies!, [frame]);
  }

  it("are one per flow, follow its cap, and are deleted with it", async () => {
    const db = await driver.flow("db", service, args("tap-db"));
    expect(await texts()).to.deep.equal([METER, METER]);
    await update(db, { rateLimit: { packetsPerSecond: 100 } });
    expect((await texts()).sort()).to.deep.equal([
      METER,
      "pktps burst stats bands= type=drop rate=100 burst_size=10",
    ]);
    await driver.delete(db);
    expect(await texts()).to.deep.equal([METER]);
    await expectCopies();
    await update(web, {});
    expect(await texts()).to.deep.equal([]);
    await expectCopies();
  });

  it("are deleted with the last capped flow, when a flow without a cap stays", async () => {
    await driver.flow("db", service, { host: "host1", port: "tap-db" });
    await driver.delete(web);
    expect(await texts()).to.deep.equal([]);
  });

  const changes = [
    {
      what: "another rate",
      change: "mod-meter br-tap meter=ID,kbps,burst,band=type=drop,rate=9,burst_size=9",
    },
    {
      what: "another unit",
      change: "mod-meter br-tap meter=ID,pktps,burst,band=type=drop,rate=8000,burst_size=1000",
    },
    { what: "no meter and so no rule with it", change: "del-meter br-tap meter=ID" },
    { what: "one more meter", change: "add-meter br-tap meter=999,kbps,band=type=drop,rate=1" },
  ];
  for (const { what, change } of changes) {
    it(`are drift when somebody makes them ${what}, and are restored by the next update`, async () => {
      const before = await meters(lab.host(1));
      const id = /^meter=(\d+)/.exec(before[0]!)![1]!;
      await lab.host(1).ovs(`ovs-ofctl -O OpenFlow13 ${change.replace("ID", id)}`);
      await driver.read(web);
      expect(web.outputs.status).to.match(/^drifted: .*host host1: .*meter/);
      expect(await update(web, { rateLimit: CAP })).to.equal(true);
      expect(web.outputs.status).to.equal("active");
      expect(await meters(lab.host(1))).to.deep.equal(before);
      await driver.read(web);
      expect(web.outputs.status).to.equal("active");
      await expectCopies();
    });
  }

  it("are restored after a restart of ovs-vswitchd", async () => {
    await lab.host(1).restartVswitchd();
    expect(await texts()).to.deep.equal([]);
    await driver.read(web);
    expect(web.outputs.status).to.match(/missing meter/);
    await update(web, { rateLimit: CAP });
    expect(await texts()).to.deep.equal([METER]);
    await driver.read(web);
    expect(web.outputs.status).to.equal("active");
    await expectCopies();
  });

  it("cost no command while they are what they should be", async () => {
    const folder = await mkdtemp(join(tmpdir(), "taas-meters-"));
    process.env.TAAS_DEBUG = join(folder, "trace");
    try {
      expect(await update(web, { rateLimit: CAP, description: "as before" })).to.equal(true);
      const db = await driver.flow("db", service, { host: "host1", port: "tap-db" });
      await driver.read(web);
      await driver.delete(db);
      const lines = (await readFile(process.env.TAAS_DEBUG, "utf8")).split("\n");
      expect(lines.filter((line) => line.includes("replace rules by OpenFlow"))).not.to.deep.equal([]);
      // What is behind the monitor is looked for all the same.
      expect(lines.filter((line) => / run (?!taas-linux-bridges)/.test(line))).to.deep.equal([]);
    } finally {
      delete process.env.TAAS_DEBUG;
      await rm(folder, { recursive: true });
    }
  });

  it("affect only their own flow when they drift", async () => {
    const db = await driver.flow("db", service, args("tap-db"));
    const [first] = await meters(lab.host(1));
    const id = /^meter=(\d+)/.exec(first!)![1]!;
    await lab.host(1).ovs(`ovs-ofctl -O OpenFlow13 mod-meter br-tap meter=${id},kbps,band=type=drop,rate=9`);
    await Promise.all([driver.read(web), driver.read(db)]);
    const states = [web, db].map(({ outputs }) => outputs.status).sort();
    expect(states).to.deep.equal(["active", `drifted: host host1: altered meter ${id} on br-tap`]);
  });
});
