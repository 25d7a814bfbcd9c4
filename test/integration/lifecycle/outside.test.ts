import { expect } from "chai";
import type { Collector } from "../../lab/collector";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import { broadcast } from "../copies/traffic";
import { decapsulateAll } from "../treatment/encapsulation";
import { openProgram, type Program, succeeded } from "./program";

const PROGRAM = `
const ids = new TapService("ids", config.requireBoolean("outside")
  ? { collector: { address: "192.0.2.200", type: "gre", key: 7 } }
  : { hosts: ["host2", "host1"], port: "tap-ids" });
new TapFlow("web", { service: ids, host: "host1", port: "tap-web" });
`;

describe("a program whose service becomes a collector, and a monitor again", function () {
  this.timeout(300_000);
  let lab: Lab;
  let program: Program;
  let collector: Collector;
  let origin: HostSnapshot[];

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "ids", host: 2, vlan: 20 },
    ];
    lab = await startLab({ hosts: 2, vms });
    collector = await lab.addCollector();
    origin = await snapshots();
    program = await openProgram(PROGRAM, {});
  });

  after(async () => {
    program?.remove();
    await lab?.stop();
  });

  const snapshots = () => Promise.all(lab.hosts.map((host) => host.snapshot()));
  const left = async () => (await snapshots()).map((now, index) => diffSnapshots(origin[index]!, now));

  async function run(outside: boolean): Promise<unknown> {
    await program.stack.configure({ "taas:sshConfig": lab.sshConfig, "fixture:outside": String(outside) });
    return succeeded(await program.stack.up()).changes;
  }

  /** How many of ten frames of the tapped VM reach the monitor, and the collector. */
  async function copies(): Promise<[monitor: number, collector: number]> {
    const [inside, outside] = [await lab.vm("ids").capture(), await collector.capture()];
    await lab.vm("web").send(Array.from({ length: 10 }, () => broadcast(lab.vm("web"))));
    await inside.settle();
    await outside.settle();
    const sent = decapsulateAll(await outside.stop()).filter(({ to }) => to === collector.address);
    return [(await inside.stop()).length, sent.length];
  }

  it("replaces it, copies go where it is, and nothing stays where it was", async () => {
    expect(await run(false)).to.deep.include({ create: 3 });
    expect(await copies()).to.deep.equal([10, 0]);
    expect(await run(true)).to.deep.include({ replace: 1, update: 1 });
    expect(await copies()).to.deep.equal([0, 10]);
    expect((await left())[1], "the former monitor's host").to.deep.equal([]);
    expect(await run(false)).to.deep.include({ replace: 1, update: 1 });
    expect(await copies()).to.deep.equal([10, 0]);
    succeeded(await program.stack.preview({ expectNoChanges: true }));
    expect(await run(true)).to.deep.include({ replace: 1, update: 1 });
    succeeded(await program.stack.destroy());
    expect(await left()).to.deep.equal([[], []]);
  });
});
