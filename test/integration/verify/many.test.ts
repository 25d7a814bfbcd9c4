import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { verifyTaps } from "../../../provider/handlers";
import { Driver, type Made } from "../../driver/driver";
import { udp } from "../../lab/frames";
import { type Lab, startLab } from "../../lab/lab";
import { between } from "../../lab/vm";
import { extentOf } from "../../sample";

/** Tapped ports, and services that each of them is tapped for: 200 taps in all where every case is asked for. */
const PORTS = 10;
const SERVICES = extentOf(2, 20);

describe("verify on a large estate", function () {
  this.timeout(180_000);
  let lab: Lab;

  before(async () => {
    const sources = Array.from({ length: PORTS }, (_, index) => ({ name: `vm${index}`, host: 1 }));
    lab = await startLab({ hosts: 2, vms: [...sources, { name: "ids", host: 2, vlan: 20 }] });
  });
  after(() => lab.stop());

  it("proves every tap within 20 s, and the monitor gets no probe", async () => {
    const driver = new Driver(lab);
    const services: Made[] = [];
    for (let index = 0; index < SERVICES; index++)
      services.push(await driver.service(`service${index}`, { host: "host2", port: "tap-ids" }));
    for (const [index, service] of services.entries())
      await Promise.all(
        Array.from({ length: PORTS }, (_, port) =>
          driver.flow(`flow${index}-${port}`, service, { host: "host1", port: `tap-vm${port}` }),
        ),
      );
    let sending = true;
    const vms = Array.from({ length: PORTS }, (_, index) => lab.vm(`vm${index}`));
    const traffic = vms.map(async (vm, index) => {
      const ports = { sourcePort: 1, destinationPort: 2, payload: Buffer.alloc(50) };
      const frame = udp({ ...between(vm, vms[(index + 1) % PORTS]!), ...ports });
      while (sending) {
        await vm.send([frame]);
        await sleep(50);
      }
    });
    const capture = await lab.vm("ids").capture();
    const begun = performance.now();
    const read = (key: string) => (key === "taas:sshConfig" ? lab.sshConfig : undefined);
    const { taps } = await verifyTaps(read, { hosts: ["host1", "host2"] });
    const seconds = (performance.now() - begun) / 1000;
    sending = false;
    await Promise.all(traffic);
    const frames = await capture.stop();
    expect(taps).to.have.length(PORTS * SERVICES);
    expect(taps.filter(({ verdict }) => verdict !== "proved")).to.deep.equal([]);
    expect(seconds).to.be.below(20);
    expect(frames.length).to.be.above(100);
    expect(frames.filter((frame) => frame.subarray(12).includes(Buffer.from("88b5", "hex")))).to.deep.equal(
      [],
    );
    console.log(`      ${taps.length} taps verified in ${seconds.toFixed(1)} s`);
    await driver.destroy();
  });
});
