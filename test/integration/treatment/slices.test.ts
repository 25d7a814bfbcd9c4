import { Driver } from "../../driver/driver";
import { DATAPATH } from "../../lab/datapath";
import { tcp, udp } from "../../lab/frames";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { between, datagram, expectFrames, learn, received, tagged, unicast } from "../copies/traffic";

/** Room for a tag. */
const MTU = 1_446;

function cut(frames: readonly Buffer[], length: number): Buffer[] {
  return frames.map((frame) => frame.subarray(0, length));
}

describe("snapLength", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let vm: Record<"web" | "trunk" | "db" | "mon1" | "mon2", Vm>;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "trunk", host: 1, trunk: [10] },
        { name: "db", host: 1 },
        { name: "mon1", host: 1 },
        { name: "mon2", host: 2 },
      ],
    });
    driver = new Driver(lab);
    vm = Object.fromEntries(lab.vms.map((each) => [each.name, each])) as typeof vm;
  });
  after(() => lab?.stop());
  afterEach(() => driver.destroy());

  for (const [monitor, where] of [
    ["mon1", "on the same host"],
    ["mon2", "on another host"],
  ] as const) {
    describe(`into a monitor ${where}`, () => {
      async function tap(port: string, args: object): Promise<void> {
        const at = vm[monitor];
        const service = await driver.service("ids", { host: at.host.name, port: at.port });
        await driver.flow("flow", service, { host: "host1", port, ...args });
        await learn([vm.web, vm.db]);
        await learn([vm.trunk], [10]);
      }

      /** Sends frames and expects them whole where they go, and the copies at the monitor. */
      async function expectCopies(from: Vm, frames: Buffer[], copies: Buffer[]): Promise<void> {
        const counts = [from === vm.db ? 0 : frames.length, copies.length];
        const [whole, cutted] = await received([vm.db, vm[monitor]], () => from.send(frames), counts);
        if (from === vm.web) expectFrames(whole!, frames, "production");
        expectFrames(cutted!, copies, "copies");
      }

      // The kernel's tunnels carry no IP packets without a whole header.
      const least = DATAPATH === "system" && monitor === "mon2" ? [54, 55] : [14, 15];
      for (const length of [...least, 64, 100, 1_463, 1_464, 65_535]) {
        it(`of ${length} keeps that many bytes of each frame of an access port, and shorter ones whole`, async () => {
          await tap("tap-web", { snapLength: length });
          const frames = unicast(vm.web, vm.db);
          await expectCopies(vm.web, frames, cut(frames, length));
        });
      }

      it("counts a trunk port's tags, which are the guest's own", async () => {
        await tap("tap-trunk", { snapLength: 100 });
        const frames = unicast(vm.trunk, vm.db, [10], MTU);
        await expectCopies(vm.trunk, frames, cut(frames, 100));
        const back = unicast(vm.db, vm.trunk, [], MTU).map((frame) => tagged(frame, 10));
        await expectCopies(vm.db, unTag(back), cut(back, 100));
      });

      it("of a rule takes precedence over the flow's, which is for rules without one", async () => {
        const filter = [
          { action: "accept", protocol: "tcp", destinationPort: 443, snapLength: 54 },
          { action: "accept", protocol: "tcp", snapLength: 900 },
          { action: "reject", protocol: "udp", destinationPort: 53 },
          { action: "accept", protocol: "udp" },
          { action: "accept", etherType: 0x88b5, snapLength: 14 },
        ];
        await tap("tap-web", { filter, snapLength: 200, defaultAction: "accept" });
        const ends = between(vm.web, vm.db);
        const payload = Buffer.alloc(1_000, "x");
        const frames = [
          tcp({ ...ends, sourcePort: 1, destinationPort: 443, payload }),
          tcp({ ...ends, sourcePort: 1, destinationPort: 80, payload }),
          udp({ ...ends, sourcePort: 1, destinationPort: 53, payload }),
          udp({ ...ends, sourcePort: 1, destinationPort: 54, payload }),
          ...unicast(vm.web, vm.db).filter((frame) => frame.readUInt16BE(12) === 0x88b5),
          ...unicast(vm.web, vm.db).filter((frame) => frame.readUInt16BE(12) === 0x0806),
        ];
        const lengths = [54, 900, 0, 200, 14, 14, 200];
        const copies = frames.map((frame, index) => frame.subarray(0, lengths[index]));
        await expectCopies(
          vm.web,
          frames,
          copies.filter((frame) => frame.length > 0),
        );
      });

      it("of a rule leaves the copies of others whole", async () => {
        const filter = [{ action: "accept", protocol: "tcp", snapLength: 60 }, { action: "accept" }];
        await tap("tap-web", { filter });
        const frames = unicast(vm.web, vm.db);
        const isTcp = (frame: Buffer) => frame.readUInt8(frame.readUInt16BE(12) === 0x86dd ? 20 : 23) === 6;
        const isIp = (frame: Buffer) => [0x0800, 0x86dd].includes(frame.readUInt16BE(12));
        const copies = frames.map((frame) => (isIp(frame) && isTcp(frame) ? frame.subarray(0, 60) : frame));
        await expectCopies(vm.web, frames, copies);
      });

      it("combines with a cap, a filter and a direction", async () => {
        const filter = [
          { action: "accept", direction: "egress", protocol: "udp", snapLength: 50 },
          { action: "accept", direction: "ingress", snapLength: 70 },
        ];
        await tap("tap-web", { filter, rateLimit: { packetsPerSecond: 1_000 } });
        const out = [
          datagram(vm.web, vm.db, [], 400),
          tcp({ ...between(vm.web, vm.db), sourcePort: 1, destinationPort: 2 }),
        ];
        const back = unicast(vm.db, vm.web);
        await expectCopies(vm.web, out, cut([out[0]!], 50));
        await expectCopies(vm.db, back, cut(back, 70));
      });
    });
  }

  function unTag(frames: readonly Buffer[]): Buffer[] {
    return frames.map((frame) => Buffer.concat([frame.subarray(0, 12), frame.subarray(16)]));
  }
});
