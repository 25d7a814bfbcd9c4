import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { datagram, expectFrames, flooded, learn, received, type Tags, tagged, unicast } from "./traffic";

/** Four bytes under the usual 1450: a tagged copy must fit the tunnel too. */
const MTU = 1446;

describe("a tap of a trunk port", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let fw: Vm;
  let near: Vm;
  let far: Vm;
  let access: Vm;

  before(async () => {
    lab = await startLab({
      vms: [
        { name: "fw", host: 1, trunk: [10, 20], mtu: MTU },
        { name: "near", host: 1, trunk: [10, 20], mtu: MTU },
        { name: "far", host: 2, trunk: [], mtu: MTU },
        { name: "access", host: 1, vlan: 20, mtu: MTU },
        { name: "mon1", host: 1 },
        { name: "mon3", host: 3 },
      ],
    });
    driver = new Driver(lab);
    [fw, near, far, access] = ["fw", "near", "far", "access"].map((name) => lab.vm(name)) as [Vm, Vm, Vm, Vm];
  });
  after(() => lab?.stop());

  for (const place of [
    { monitor: "mon1", host: "host1", where: "on the same host" },
    { monitor: "mon3", host: "host3", where: "on another host" },
  ]) {
    describe(`into a monitor ${place.where}`, () => {
      let monitor: Vm;
      let service: Made;

      before(async () => {
        monitor = lab.vm(place.monitor);
        service = await driver.service("ids", { host: place.host, port: monitor.port });
        await driver.flow("fw", service, { host: "host1", port: "tap-fw" });
        for (const vlan of [10, 20]) await learn([fw, near, far], [vlan]);
      });
      after(() => driver.destroy());

      /** What `fw` sends and gets under these tags, with the copies of it. */
      async function exchange(tags: Tags): Promise<void> {
        const sent = [...unicast(fw, near, tags), ...unicast(fw, far, tags), ...flooded(fw, tags)];
        const fromNear = [...unicast(near, fw, tags), ...flooded(near, tags)];
        const fromFar = [...unicast(far, fw, tags), ...flooded(far, tags)];
        const got = [...fromNear, ...fromFar];
        const send = async () => {
          await fw.send(sent);
          await near.send(fromNear);
          await far.send(fromFar);
        };
        const [atFw, copies] = await received([fw, monitor], send, [got.length, got.length + sent.length]);
        expectFrames(atFw!, got, "what the tapped VM received");
        expectFrames(copies!, [...sent, ...got], "copies");
      }

      it("keeps the guest's own tag, whichever of its VLANs a frame is in", async () => {
        await exchange([10]);
        await exchange([20]);
      });

      it("keeps the priority in the guest's tag", async () => {
        const frames = [
          datagram(fw, near, [{ vlan: 10, priority: 5 }]),
          datagram(fw, far, [{ vlan: 20, priority: 7 }]),
        ];
        const [copies] = await received([monitor], () => fw.send(frames), [2]);
        expectFrames(copies!, frames);
      });

      // Between neighbours: the production tunnels between hosts carry one tag, as Neutron's do.
      for (const { kind, tags } of [
        { kind: "802.1Q in 802.1Q", tags: [10, 30] },
        { kind: "802.1Q in 802.1ad", tags: [{ vlan: 20, tpid: 0x88a8, priority: 3 }, 200] },
      ]) {
        it(`keeps both tags of a doubly tagged frame, ${kind}`, async () => {
          const sent = [...unicast(fw, near, tags), ...flooded(fw, tags)];
          const got = [...unicast(near, fw, tags), ...flooded(near, tags)];
          const send = async () => {
            await fw.send(sent);
            await near.send(got);
          };
          const [copies] = await received([monitor], send, [sent.length + got.length]);
          expectFrames(copies!, [...sent, ...got]);
        });
      }

      it("tags what arrived untagged from an access port, as the guest receives it", async () => {
        const frame = datagram(access, fw);
        const [atFw, copies] = await received([fw, monitor], () => access.send([frame]), [1, 1]);
        expectFrames(atFw!, [tagged(frame, 20)], "what the tapped VM received");
        expectFrames(copies!, atFw!, "copies");
      });

      it("leaves out what the port does not carry", async () => {
        const [carried, other] = [datagram(fw, near, [10]), datagram(fw, near, [40])];
        const [copies] = await received([monitor], () => fw.send([other, carried]), [1]);
        expectFrames(copies!, [carried]);
      });
    });
  }
});
