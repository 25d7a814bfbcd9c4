import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import type { Vm } from "../../lab/vm";
import { expectFrames, learn, received } from "../copies/traffic";
import { conversations } from "./conversations";

const NAMES = ["ids1", "ids2", "ids3"];
const [TCP, REST] = [70, 60];
const FILTER = [{ action: "accept", protocol: "tcp", snapLength: TCP }, { action: "accept" }];

function cut(frame: Buffer): Buffer {
  const protocol = frame.readUInt8(frame.readUInt16BE(12) === 0x86dd ? 20 : 23);
  return frame.subarray(0, protocol === 6 ? TCP : REST);
}

describe("slices for several monitors", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let clean: HostSnapshot[];
  let monitors: Vm[];

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        ...[1, 2].flatMap((host) => ["web", "db"].map((name) => ({ name: `${name}${host}`, host }))),
        ...NAMES.map((name) => ({ name, host: 1, vlan: 30 })),
      ],
    });
    driver = new Driver(lab);
    monitors = NAMES.map((name) => lab.vm(name));
    clean = await Promise.all(lab.hosts.map((host) => host.snapshot()));
  });
  after(() => lab?.stop());
  afterEach(async () => {
    await driver.destroy();
    for (const [index, host] of lab.hosts.entries())
      expect(diffSnapshots(clean[index]!, await host.snapshot())).to.deep.equal([]);
  });

  async function tap(source: number, args: object, distribution: string, attachment: string) {
    const ports = monitors.map(({ port }) => port);
    const service = await driver.service("ids", { host: "host1", ports, distribution, attachment });
    const from = { host: `host${source}`, port: `tap-web${source}` };
    const flow = await driver.flow("web", service, { ...from, ...args });
    await learn([lab.vm(`web${source}`), lab.vm(`db${source}`)]);
    return { service, flow };
  }

  /** Lets two VMs talk; production gets all of it whole, and the slices go where the distribution says. */
  async function expectSlices(source: number, distribution: string): Promise<void> {
    const [web, db] = [lab.vm(`web${source}`), lab.vm(`db${source}`)];
    const talks = conversations(web, db, 8);
    const [sent, got] = [talks.map(({ there }) => there), talks.map(({ back }) => back)];
    const [atWeb, atDb, ...at] = await received([web, db, ...monitors], async () => {
      await web.send(sent);
      await db.send(got);
    });
    expectFrames(atDb!, sent, "production");
    expectFrames(atWeb!, got, "production");
    const slices = [...sent, ...got].map(cut);
    if (distribution === "copy") {
      for (const frames of at) expectFrames(frames, slices, "each monitor");
      return;
    }
    expectFrames(at.flat(), slices, "all monitors");
    const used = at.filter((frames) => frames.length > 0);
    expect(used).to.have.length(distribution === "hash" ? 3 : 1);
    for (const { there, back } of talks) {
      const [first, second] = [there, back].map((frame) =>
        at.findIndex((frames) => frames.some((slice) => slice.equals(cut(frame)))),
      );
      expect(second).to.equal(first);
    }
  }

  for (const attachment of ["tap-bridge", "integration-bridge"]) {
    for (const distribution of ["copy", "hash", "failover"]) {
      for (const source of [1, 2]) {
        const where = source === 1 ? "of the same host" : "of another host";
        if (attachment === "integration-bridge" && distribution !== "copy" && source === 1) {
          it(`on the ${attachment} are refused ${where} by ${distribution}, before anything is written`, async () => {
            const args = { filter: FILTER, snapLength: REST };
            const outcome = await tap(source, args, distribution, attachment).then(() => "made", String);
            expect(outcome).to.match(
              /on the same host cannot be truncated: its monitors share copies by (hash|failover) on the/,
            );
            const ports = await lab.host(1).ovs("ovs-vsctl list-ports br-tap");
            expect(ports).not.to.match(/^mt-/m);
          });
          continue;
        }
        it(`on the ${attachment} are truncated ${where} and distributed by ${distribution}`, async () => {
          const { flow } = await tap(source, { filter: FILTER, snapLength: REST }, distribution, attachment);
          await expectSlices(source, distribution);
          await driver.read(flow);
          expect(flow.outputs.status).to.equal("active");
        });
      }
    }
  }

  it("combine with a cap, and lengths are added and removed with their flows", async () => {
    const args = { filter: FILTER, snapLength: REST, rateLimit: { packetsPerSecond: 10_000 } };
    const { service, flow } = await tap(1, args, "hash", "tap-bridge");
    await expectSlices(1, "hash");
    const lengths = async () => {
      const dump = await lab.host(1).ovs("ovs-ofctl -O OpenFlow14 dump-flows br-tap table=3");
      // On the kernel's datapath, frames with a tag have rules of their own.
      const plain = dump.split("\n").filter((line) => !line.includes("vlan_tci=0x1000/0x1000"));
      return [...plain.join("\n").matchAll(/max_len=(\d+)/g)].map(([, length]) => Number(length)).sort();
    };
    expect(await lengths()).to.deep.equal([REST, REST, REST, TCP, TCP, TCP]);
    const other = await driver.flow("db", service, { host: "host1", port: "tap-db1", snapLength: 99 });
    expect(await lengths()).to.deep.equal([REST, REST, REST, TCP, TCP, TCP, 99, 99, 99]);
    await driver.delete(other);
    await driver.update(flow, { service: service.outputs.ref, host: "host1", port: "tap-web1" });
    expect(await lengths()).to.deep.equal([]);
  });
});
