import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { datagram, expectFrames, learn, received } from "../copies/traffic";

describe("production's frames", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let web: Vm;
  let db: Vm;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1 },
        { name: "mon1", host: 1 },
        { name: "mon2", host: 2 },
      ],
    });
    driver = new Driver(lab);
    [web, db] = [lab.vm("web"), lab.vm("db")];
  });
  after(() => lab?.stop());
  afterEach(() => driver.destroy());

  const treatments = [
    { what: "cut", args: { snapLength: 60 } },
    { what: "cut and capped", args: { snapLength: 60, rateLimit: { kbps: 1 } } },
    { what: "cut by a rule", args: { filter: [{ action: "accept", snapLength: 60 }] } },
  ];

  /** Frames between two tapped VMs, and to one on another host, arrive whole. */
  async function expectWhole(): Promise<void> {
    await learn([web, db, lab.vm("mon2")]);
    const far = lab.vm("mon2");
    const frames = [1, 2, 3].map(() => datagram(web, db, [], 1_000));
    const distant = [1, 2, 3].map(() => datagram(web, far, [], 1_000));
    const [near, away] = await received([db, far], () => web.send([...frames, ...distant]), [3, 3]);
    expectFrames(near!, frames, "db");
    expectFrames(away!, distant, "on the other host");
  }

  for (const { what, args } of treatments) {
    const source = { host: "host1", port: "tap-web", ...args };
    for (const address of ["192.0.2.99", "203.0.113.9"]) {
      const reason = address.startsWith("192") ? "that does not answer" : "that there is no route to";
      it(`stay whole while copies are ${what} for a collector ${reason}`, async () => {
        const service = await driver.service("ids", { collector: { type: "vxlan", address } });
        await driver.flow("web", service, source);
        await expectWhole();
      });
    }

    it(`stay whole while copies are ${what} for a monitor whose port does not forward`, async () => {
      const service = await driver.service("ids", { host: "host1", port: "tap-mon1" });
      await driver.flow("web", service, source);
      await lab.host(1).ovs("ovs-ofctl -O OpenFlow14 mod-port br-tap tap-mon1 no-forward");
      await expectWhole();
      await lab.host(1).ovs("ovs-ofctl -O OpenFlow14 mod-port br-tap tap-mon1 forward");
    });
  }
});
