import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import type { Vm } from "../../lab/vm";
import { expectFrames, flooded, learn, received, tagged, unicast } from "../copies/traffic";

const MTU = 1_446;

/** Treatments that let everything through as it is. */
const treatments: Record<string, object> = {
  "a filter that accepts all": { filter: [{ action: "accept" }] },
  "a filter that rejects nothing there is": {
    filter: [{ action: "reject", sourceMac: "fa:16:3e:88:88:88" }],
    defaultAction: "accept",
  },
  "a filter that accepts each direction": {
    filter: ["ingress", "egress"].map((direction) => ({ action: "accept", direction })),
  },
  "slices longer than any frame": { snapLength: 65_535 },
  "a cap that nothing reaches": { rateLimit: { kbps: 1_000_000 } },
  "counters of its own": { counters: "own" },
  "a cut for what does not fit": { mtuPolicy: "truncate" },
  "all of that": {
    filter: [
      { action: "accept", direction: "ingress", snapLength: 60_000 },
      { action: "accept", direction: "egress" },
    ],
    snapLength: 50_000,
    rateLimit: { packetsPerSecond: 100_000 },
    counters: "own",
    mtuPolicy: "truncate",
  },
};

describe("copies are byte for byte and each once", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let clean: HostSnapshot[];
  let vm: Record<"web" | "trunk" | "db" | "far" | "mon1" | "mon2", Vm>;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "trunk", host: 1, trunk: [10] },
        { name: "db", host: 1 },
        { name: "far", host: 2 },
        { name: "mon1", host: 1 },
        { name: "mon2", host: 2 },
      ],
    });
    driver = new Driver(lab);
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
    clean = await Promise.all(lab.hosts.map((host) => host.snapshot()));
  });
  after(() => lab?.stop());
  afterEach(async () => {
    await driver.destroy();
    for (const [index, host] of lab.hosts.entries())
      expect(diffSnapshots(clean[index]!, await host.snapshot())).to.deep.equal([]);
  });

  for (const [what, args] of Object.entries(treatments)) {
    it(`with ${what}, from an access port and a trunk port, into a monitor here and there`, async () => {
      const monitors = [vm.mon1, vm.mon2];
      const flows = [];
      for (const monitor of monitors) {
        const service = await driver.service(monitor.name, { host: monitor.host.name, port: monitor.port });
        for (const port of ["tap-web", "tap-trunk"]) {
          flows.push(await driver.flow(`${port}-${monitor.name}`, service, { host: "host1", port, ...args }));
        }
      }
      await learn([vm.web, vm.db, vm.far]);
      await learn([vm.trunk], [10]);
      const sent = [...unicast(vm.web, vm.db), ...unicast(vm.web, vm.far)];
      const got = unicast(vm.far, vm.web);
      const trunk = unicast(vm.trunk, vm.db, [10], MTU);
      const all = flooded(vm.web);
      const copies = [...sent, ...got, ...trunk, ...all, ...all.map((frame) => tagged(frame, 10))];
      const send = async () => {
        await vm.web.send([...sent, ...all]);
        await vm.far.send(got);
        await vm.trunk.send(trunk);
      };
      const counts = [copies.length, copies.length];
      for (const at of await received(monitors, send, counts)) expectFrames(at, copies, what);
      for (const flow of flows) {
        await driver.read(flow);
        expect(flow.outputs.status).to.equal("active");
      }
    });
  }
});
