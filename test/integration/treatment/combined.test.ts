import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import type { Collector } from "../../lab/collector";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import type { Vm } from "../../lab/vm";
import { datagram, expectFrames, learn, received } from "../copies/traffic";
import { decapsulateAll } from "./encapsulation";

const [ACCEPTED, REJECTED] = [4_444, 9];
const SLICE = 55;

describe("a filter, a slice and a cap at once", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let collector: Collector;
  let clean: HostSnapshot[];
  let vm: Record<"web" | "db" | "far" | "mon1" | "mon2", Vm>;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1, mtu: 1_400 },
        { name: "db", host: 1, mtu: 1_400 },
        { name: "far", host: 2, mtu: 1_400 },
        { name: "mon1", host: 1 },
        { name: "mon2", host: 2 },
      ],
    });
    collector = await lab.addCollector();
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

  interface Way {
    name: string;
    service: () => Record<string, unknown>;
    flow?: object;
    tunnel?: object;
    back?: string;
  }

  const there = { host: "host2", port: "tap-mon2" };
  const ways: Way[] = [
    { name: "on the same host", service: () => ({ host: "host1", port: "tap-mon1" }) },
    {
      name: "back to the integration bridge",
      service: () => ({ host: "host1", port: "tap-mon1", attachment: "integration-bridge" }),
    },
    { name: "by the default tunnel", service: () => there },
    { name: "by a Geneve mesh", service: () => there, tunnel: { mode: "mesh", type: "geneve" } },
    { name: "over production's tunnels", service: () => there, flow: { transport: "shared" } },
    {
      name: "to an ERSPAN collector",
      service: () => ({ collector: { type: "erspan", erspanVersion: 2, address: collector.address } }),
    },
  ];

  /** Copies at whichever end of the ways they come to. */
  async function copiesOf(frames: readonly Buffer[]): Promise<Buffer[]> {
    await learn([vm.web, vm.db, vm.far]);
    const capture = await collector.capture();
    const [one, two, near, away] = await received([vm.mon1, vm.mon2, vm.db, vm.far], () =>
      vm.web.send(frames),
    );
    const isFor = (to: Vm) => (frame: Buffer) =>
      frame.subarray(0, 6).toString("hex") === to.mac.replaceAll(":", "");
    expectFrames(near!, frames.filter(isFor(vm.db)), "production on the host");
    expectFrames(away!, frames.filter(isFor(vm.far)), "production between hosts");
    return [...one!, ...two!, ...decapsulateAll(await capture.stop()).map(({ frame }) => frame)];
  }

  const frame = (to: Vm, port: number) => {
    const made = datagram(vm.web, to, [], 500);
    made.writeUInt16BE(port, 36);
    return made;
  };

  for (const { name, service: args, flow = {}, tunnel } of ways) {
    it(`hold for copies ${name}, and production keeps all`, async () => {
      if (tunnel !== undefined) await driver.tunnel("tunnel", { hosts: ["host1", "host2"], ...tunnel });
      const service = await driver.service("ids", args());
      const filter = [{ action: "accept", protocol: "udp", destinationPort: ACCEPTED }];
      const source = { host: "host1", port: "tap-web", filter, snapLength: SLICE, ...flow };
      const made = await driver.flow("web", service, {
        ...source,
        rateLimit: { packetsPerSecond: 1, burst: 20 },
      });
      const accepted = [1, 2, 3].flatMap(() => [frame(vm.db, ACCEPTED), frame(vm.far, ACCEPTED)]);
      const rejected = [frame(vm.db, REJECTED), frame(vm.far, REJECTED)];
      const copies = await copiesOf([...accepted, ...rejected]);
      expectFrames(
        copies,
        accepted.map((each) => each.subarray(0, SLICE)),
        "within the cap",
      );
      const many = Array.from({ length: 60 }, () => frame(vm.db, ACCEPTED));
      expect((await copiesOf(many)).length, "above it").to.be.within(14, 25);
      const wish = { service: service.outputs.ref, ...source };
      await driver.update(made, wish);
      expectFrames(
        await copiesOf(many),
        many.map((each) => each.subarray(0, SLICE)),
        "without it",
      );
      await driver.read(made);
      expect(made.outputs.status).to.equal("active");
    });
  }

  it("follow a service to another collector, key and kind of tunnel", async () => {
    const at = (more: object) => ({ collector: { address: collector.address, ...more } });
    const service: Made = await driver.service("ids", at({ type: "gre", key: 1 }));
    const source = { host: "host1", port: "tap-web", snapLength: SLICE };
    const made = await driver.flow("web", service, source);
    for (const change of [
      { type: "gre", key: 2 },
      { type: "erspan", erspanVersion: 2 },
      { type: "vxlan", udpPort: 14_789 },
    ]) {
      await driver.update(service, at(change));
      await driver.update(made, { service: service.inputs.ref, ...source });
      const frames = [1, 2, 3].map(() => frame(vm.db, ACCEPTED));
      expectFrames(
        await copiesOf(frames),
        frames.map((each) => each.subarray(0, SLICE)),
      );
      const ports = await lab.host(1).ovs("ovs-vsctl list-ports br-tap");
      expect(ports.match(/^mv-/gm)).to.have.length(1);
    }
  });
});
