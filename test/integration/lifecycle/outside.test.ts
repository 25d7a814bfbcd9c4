import { expect } from "chai";
import type { Collector } from "../../lab/collector";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import { broadcast } from "../copies/traffic";
import { decapsulateAll } from "../treatment/encapsulation";
import { inEachLanguage, succeeded, WrittenProgram } from "./program";

const INSIDE = "{ hosts: [host2, host1], port: tap-ids }";
const OUTSIDE = "{ collector: { address: 192.0.2.200, type: gre, key: 7 } }";

const written = (destination: string) => `
resources:
  ids: { type: taas:TapService, properties: ${destination} }
  web: { type: taas:TapFlow, properties: { service: "\${ids.ref}", host: host1, port: tap-web } }
`;

inEachLanguage("a program whose service becomes a collector, and a monitor again", (language) => {
  let lab: Lab;
  let program: WrittenProgram;
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
    program = await WrittenProgram.open(language, written(INSIDE), { "taas:sshConfig": lab.sshConfig });
  });

  after(async () => {
    program?.remove();
    await lab?.stop();
  });

  const snapshots = () => Promise.all(lab.hosts.map((host) => host.snapshot()));
  const left = async () => (await snapshots()).map((now, index) => diffSnapshots(origin[index]!, now));

  async function run(destination: string): Promise<unknown> {
    await program.become(written(destination));
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

  it("replaces it, copies follow it, and nothing stays where it was", async () => {
    expect(await run(INSIDE)).to.deep.include({ create: 3 });
    expect(await copies()).to.deep.equal([10, 0]);
    expect(await run(OUTSIDE)).to.deep.include({ replace: 1, update: 1 });
    expect(await copies()).to.deep.equal([0, 10]);
    expect((await left())[1], "the former monitor's host").to.deep.equal([]);
    expect(await run(INSIDE)).to.deep.include({ replace: 1, update: 1 });
    expect(await copies()).to.deep.equal([10, 0]);
    succeeded(await program.stack.preview({ expectNoChanges: true }));
    expect(await run(OUTSIDE)).to.deep.include({ replace: 1, update: 1 });
    succeeded(await program.stack.destroy());
    expect(await left()).to.deep.equal([[], []]);
  });
});
