import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab.js";
import type { Vm } from "../../lab/vm.js";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("a stream in the lab", function () {
  this.timeout(30_000);
  let lab: Lab;
  let from: Vm;
  let to: Vm;
  let watcher: Vm;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "from", host: 1 },
        { name: "to", host: 2 },
        { name: "watcher", host: 2, vlan: 20 },
      ],
    });
    from = lab.vm("from");
    to = lab.vm("to");
    watcher = lab.vm("watcher");
  });
  after(() => lab?.stop());

  it("arrives completely and once at 1,000 frames a second", async () => {
    const start = performance.now();
    const stream = await lab.startStream({ from, to, watchers: [watcher], count: 1_000 });
    const { sent, at } = await stream.finished();
    expect(performance.now() - start).to.be.at.least(990);
    expect(sent).to.equal(1_000);
    expect(at.to).to.deep.include({ received: 1_000, lost: [], duplicated: [] });
    expect(at.watcher!.received).to.equal(0);
  });

  it("counts what is lost while the receiver is unplugged", async () => {
    const stream = await lab.startStream({ from, to });
    await pause(200);
    await to.unplug();
    await pause(100);
    await to.plug();
    await pause(200);
    const { sent, received, lost, duplicated, longestGapMs } = await stream.stop();
    expect(lost.length).to.be.at.least(50);
    expect(received).to.equal(sent - lost.length);
    expect(duplicated).to.deep.equal([]);
    expect(longestGapMs).to.be.at.least(50);
  });

  it("counts what arrives twice, and at every VM that watches", async () => {
    const match = `priority=5,dl_vlan=10,dl_dst=${to.mac}`;
    const outputs = `output:${to.port},output:${to.port},output:${watcher.port}`;
    await to.host.ovs(`ovs-ofctl add-flow br-int '${match},actions=strip_vlan,${outputs}'`);
    const stream = await lab.startStream({ from, to, watchers: [watcher], count: 50 });
    const { at } = await stream.finished();
    const all = Array.from({ length: 50 }, (_, i) => i);
    expect(at.to).to.deep.include({ received: 100, lost: [], duplicated: all });
    expect(at.watcher).to.deep.include({ received: 50, lost: [], duplicated: [] });
  });
});
