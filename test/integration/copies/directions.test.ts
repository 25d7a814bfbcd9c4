import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { expectFrames, flooded, learn, received, unicast } from "./traffic";

describe("a tap of an access port", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let web: Vm;
  let near: Vm;
  let far: Vm;

  before(async () => {
    lab = await startLab({
      vms: [
        { name: "web", host: 1 },
        { name: "near", host: 1 },
        { name: "far", host: 2 },
        { name: "mon1", host: 1 },
        { name: "mon3", host: 3 },
      ],
    });
    driver = new Driver(lab);
    [web, near, far] = [lab.vm("web"), lab.vm("near"), lab.vm("far")];
  });
  after(() => lab?.stop());

  /** All kinds of frames from and to the tapped VM, and some between the others. */
  function traffic() {
    const fromWeb = [...unicast(web, near), ...unicast(web, far), ...flooded(web)];
    const fromNear = [...unicast(near, web), ...flooded(near)];
    const fromFar = [...unicast(far, web), ...flooded(far)];
    return {
      sent: fromWeb,
      got: [...fromNear, ...fromFar],
      send: async () => {
        await web.send(fromWeb);
        await near.send([...fromNear, ...unicast(near, far)]);
        await far.send([...fromFar, ...unicast(far, near)]);
      },
    };
  }

  for (const place of [
    { monitor: "mon1", host: "host1", where: "on the same host" },
    { monitor: "mon3", host: "host3", where: "on another host" },
  ]) {
    describe(`into a monitor ${place.where}`, () => {
      let service: Made;
      let flow: Made;

      before(async () => {
        service = await driver.service("ids", { host: place.host, port: `tap-${place.monitor}` });
        flow = await driver.flow("web", service, { host: "host1", port: "tap-web", direction: "ingress" });
      });
      after(() => driver.destroy());

      for (const direction of ["ingress", "egress", "both"] as const) {
        it(`copies ${direction === "both" ? "both directions" : `${direction} only`}, each frame once, byte for byte and untagged`, async () => {
          const args = { host: "host1", port: "tap-web", direction };
          await driver.update(flow, { service: service.outputs.ref, ...args });
          await learn([web, near, far]);
          const { sent, got, send } = traffic();
          const copied = { ingress: got, egress: sent, both: [...sent, ...got] }[direction];
          const monitor = lab.vm(place.monitor);
          const [atWeb, atMonitor] = await received([web, monitor], send, [got.length, copied.length]);
          expectFrames(atWeb!, got, "what the tapped VM received");
          expectFrames(atMonitor!, copied, "copies");
        });
      }
    });
  }
});
