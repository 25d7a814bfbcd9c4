import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import type { Collector } from "../../lab/collector";
import { DATAPATH } from "../../lab/datapath";
import { giveIpv6, ipv6Of, requireIpv6 } from "../../lab/ipv6";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots } from "../../lab/snapshot";
import type { Vm } from "../../lab/vm";
import { sampleOf } from "../../sample";
import { datagram, expectFrames, learn, received } from "../copies/traffic";
import { decapsulateAll } from "./encapsulation";

const MTU = 1_500;
const HEADERS = 14 + 20 + 8;

interface Way {
  name: string;
  /** What is taken of the underlay's MTU. */
  overhead: number;
  version: 4 | 6;
  tunnel?: { type: string; mode?: string };
  collector?: object;
  transport?: string;
}

const ways: Way[] = [
  { name: "the default tunnel", overhead: 36, version: 4 },
  { name: "production's VXLAN", overhead: 36, version: 4, transport: "shared" },
  { name: "Geneve", overhead: 36, version: 4, tunnel: { type: "geneve" } },
  { name: "GRE", overhead: 28, version: 4, tunnel: { type: "gre" } },
  { name: "a VXLAN mesh over IPv6", overhead: 56, version: 6, tunnel: { type: "vxlan", mode: "mesh" } },
  { name: "GRE over IPv6", overhead: 48, version: 6, tunnel: { type: "gre" } },
  { name: "a GRE collector", overhead: 28, version: 4, collector: { type: "gre" } },
  { name: "an ERSPAN collector", overhead: 36, version: 4, collector: { type: "erspan" } },
  {
    name: "an ERSPAN 2 collector",
    overhead: 40,
    version: 4,
    collector: { type: "erspan", erspanVersion: 2 },
  },
  { name: "an ERSPAN collector over IPv6", overhead: 56, version: 6, collector: { type: "erspan" } },
];

/** An IPv4 packet without its don't-fragment bit. */
function mayBeFragmented(frame: Buffer): Buffer {
  const other = Buffer.from(frame);
  other.writeUInt16BE(frame.readUInt16BE(20) & ~0x4000, 20);
  const sum = frame.readUInt16BE(24) + 0x4000;
  other.writeUInt16BE((sum & 0xffff) + (sum >> 16), 24);
  return other;
}

describe("frames whose copies are too long for the route", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let collector: Collector;
  let web: Vm;
  let db: Vm;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        ...["web", "db", "mon1"].map((name) => ({ name, host: 1, mtu: name === "mon1" ? 1_400 : MTU })),
        { name: "trunk", host: 1, trunk: [10], mtu: MTU },
        { name: "mon2", host: 2, mtu: MTU },
      ],
    });
    collector = await lab.addCollector();
    await giveIpv6(lab.hosts);
    driver = new Driver(lab);
    [web, db] = [lab.vm("web"), lab.vm("db")];
  });
  after(() => lab?.stop());
  afterEach(async () => {
    await driver.destroy();
    driver.warnings.length = 0;
  });

  const hostOf = (number: number, version: 4 | 6) =>
    version === 4 ? `host${number}` : { address: `host${number}`, tunnelIp: ipv6Of(lab.host(number)) };

  const frameOf = (length: number) => datagram(web, db, [], length - HEADERS);

  async function flowOn(way: Way, args: object, port = "tap-web"): Promise<Made> {
    const { version, tunnel, transport } = way;
    const hosts = [1, 2].map((number) => hostOf(number, version));
    if (tunnel !== undefined) await driver.tunnel("tunnel", { hosts, ...tunnel });
    const address = version === 4 ? collector.address : collector.address6;
    const service =
      way.collector === undefined
        ? { host: hosts[1], port: "tap-mon2" }
        : { collector: { ...way.collector, address } };
    const made = await driver.service("ids", service);
    return driver.flow("web", made, { host: hosts[0], port, transport, ...args });
  }

  /** The copies of frames, at the monitor or at the collector, while production gets them whole. */
  async function copiesOf(way: Way, frames: readonly Buffer[], count: number): Promise<Buffer[]> {
    const capture = way.collector === undefined ? undefined : await collector.capture();
    const send = () => web.send(frames);
    const [at, whole] = await received([lab.vm("mon2"), db], send, [
      capture === undefined ? count : 0,
      frames.length,
    ]);
    expectFrames(whole!, frames, "production");
    if (capture === undefined) return at!;
    await capture.settle();
    return decapsulateAll(await capture.stop()).map(({ frame }) => frame);
  }

  for (const way of sampleOf(ways, 5)) {
    const fits = 1_500 - way.overhead;

    it(`cause a warning and are lost by ${way.name}, from the very byte that the warning names`, async function () {
      if (way.version === 6) requireIpv6(this);
      await flowOn(way, {});
      expect(driver.warnings).to.have.length(1);
      expect(driver.warnings[0]).to.contain("host host1: frames of port tap-web have up to 1514 bytes");
      expect(driver.warnings[0]).to.contain(
        `copies of more than ${fits} bytes do not arrive (${1_514 - fits} too many)`,
      );
      expect(driver.warnings[0]).to.contain("an MTU of 1500, of which");
      expect(driver.warnings[0]).to.contain(`takes ${way.overhead} bytes`);
      await learn([web, db]);
      const frames = [fits - 1, fits, fits + 1, 1_514].map(frameOf);
      expectFrames(await copiesOf(way, frames, 2), frames.slice(0, 2), "copies");
    });

    it(`are truncated by ${way.name} to what fits, if that is requested`, async function () {
      if (way.version === 6) requireIpv6(this);
      await flowOn(way, { mtuPolicy: "truncate" });
      expect(driver.warnings).to.deep.equal([]);
      await learn([web, db]);
      const frames = [60, fits, fits + 1, 1_514].map(frameOf);
      expectFrames(
        await copiesOf(way, frames, 4),
        frames.map((frame) => frame.subarray(0, fits)),
        "copies",
      );
    });

    it(`are an error with ${way.name}, if that is requested, before anything is written`, async function () {
      if (way.version === 6) requireIpv6(this);
      const start = await lab.host(1).snapshot();
      const outcome = await flowOn(way, { mtuPolicy: "fail" }).then(() => "made", String);
      expect(outcome).to.contain(
        `host host1: frames of port tap-web have up to 1514 bytes, but copies of more than ${fits}`,
      );
      expect(outcome).to.match(/Raise that MTU, set snapLength to \d+ or less, or mtuPolicy "truncate"/);
      await driver.destroy();
      expect(diffSnapshots(start, await lab.host(1).snapshot())).to.deep.equal([]);
    });
  }

  it("are fine when slices fit, of the flow and of each of its rules", async () => {
    const accept = { action: "accept", protocol: "udp" };
    const quiet = [
      { snapLength: 1_464 },
      { filter: [{ ...accept, snapLength: 1_464 }] },
      { filter: [{ ...accept, snapLength: 100 }, { action: "accept" }], snapLength: 1_464 },
      { filter: [{ action: "reject" }], defaultAction: "reject" },
    ];
    for (const args of quiet) {
      await flowOn(ways[0]!, { mtuPolicy: "fail", ...args });
      await driver.destroy();
    }
    const loud = { filter: [{ ...accept, snapLength: 1_465 }], snapLength: 100 };
    await flowOn(ways[0]!, loud);
    expect(driver.warnings[0]).to.contain(
      "up to 1465 bytes, but copies of more than 1464 bytes do not arrive (1 too many)",
    );
  });

  it("include a trunk port's tag, and count against a monitor's own MTU too", async () => {
    await flowOn(ways[0]!, {}, "tap-trunk");
    expect(driver.warnings[0]).to.contain("frames of port tap-trunk have up to 1518 bytes");
    await driver.destroy();
    const service = await driver.service("ids", { host: "host1", port: "tap-mon1" });
    await driver.flow("web", service, { host: "host1", port: "tap-web", mtuPolicy: "truncate" });
    await driver.flow("trunk", service, { host: "host1", port: "tap-trunk", mtuPolicy: "truncate" });
    await learn([web, db]);
    await learn([lab.vm("trunk")], [10]);
    const long = datagram(lab.vm("trunk"), db, [10], 1_500 - 20 - 8);
    const [at] = await received([lab.vm("mon1")], async () => {
      await web.send([frameOf(1_514), frameOf(1_414)]);
      await lab.vm("trunk").send([long]);
    }, [3]);
    expect(at!.map(({ length }) => length).sort()).to.deep.equal([1_414, 1_414, 1_418]);
    expect(at!.some((frame) => frame.equals(long.subarray(0, 1_418)))).to.equal(true);
  });

  async function mayFragment(): Promise<void> {
    await driver.tunnel("tunnel", { hosts: ["host1", "host2"], dontFragment: false });
    const service = await driver.service("ids", { host: "host2", port: "tap-mon2" });
    await driver.flow("web", service, { host: "host1", port: "tap-web" });
    await learn([web, db]);
  }

  if (DATAPATH === "netdev") {
    it("are still lost if a tunnel may be fragmented, since the userspace datapath does not, and the warning says so", async () => {
      await mayFragment();
      expect(driver.warnings[0]).to.contain("copies of more than 1464 bytes do not arrive");
      expect(driver.warnings[0]).to.contain("the userspace datapath does not fragment");
      const capture = await lab.host(1).captureUnderlay();
      const frames = [frameOf(1_464), frameOf(1_514)];
      expectFrames(await copiesOf(ways[0]!, frames, 1), [frames[0]!], "copies");
      const sent = decapsulateAll(await capture.stop());
      expect(sent.map(({ dontFragment }) => dontFragment)).to.deep.equal([false]);
    });
  } else {
    it("arrive in fragments if a tunnel may be fragmented and they themselves may, and the warning says so", async () => {
      await mayFragment();
      expect(driver.warnings[0]).to.contain("copies of more than 1464 bytes do not arrive");
      expect(driver.warnings[0]).to.contain("only packets that may be fragmented themselves");
      const [short, long] = [frameOf(1_464), frameOf(1_514)];
      const frames = [short, long, mayBeFragmented(long)];
      expectFrames(await copiesOf(ways[0]!, frames, 2), [short, frames[2]!], "copies");
    });
  }
});
