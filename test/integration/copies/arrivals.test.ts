import { Driver, type Made } from "../../driver/driver";
import type { LabHost } from "../../lab/host";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { datagram, expectFrames, received } from "./traffic";

const UDP_PORT = 5_555;

describe("what arrives at a monitor's host", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let monitor: Vm;
  let service: Made;

  before(async () => {
    lab = await startLab({
      vms: [
        { name: "mon", host: 1 },
        { name: "web", host: 2 },
      ],
    });
    driver = new Driver(lab);
    monitor = lab.vm("mon");
  });
  after(() => lab?.stop());
  afterEach(() => driver.destroy());

  /** Sends a frame in VXLAN to the monitor's host, from another host's own stack as a forger there would. */
  async function forge(from: LabHost, frame: Buffer, tunnelId: number): Promise<void> {
    const header = Buffer.alloc(8);
    header.writeUInt8(8, 0);
    header.writeUIntBE(tunnelId, 4, 3);
    const to = `UDP-SENDTO:${lab.host(1).address}:${UDP_PORT}`;
    const { exitCode, stderr } = await from.run(["socat", "-u", "STDIN", to], {
      input: Buffer.concat([header, frame]),
    });
    if (exitCode !== 0) throw new Error(stderr);
  }

  for (const mode of ["pair", "mesh"] as const) {
    it(`by a ${mode} is delivered from a member with the service's tunnel id, and from nobody else and with no other`, async () => {
      service = await driver.service("ids", { host: "host1", port: "tap-mon" });
      await driver.tunnel("tunnel", { hosts: ["host1", "host2"], mode, udpPort: UDP_PORT });
      await driver.flow("web", service, { host: "host2", port: "tap-web" });
      const id = Number(service.outputs.tunnelId);
      const web = lab.vm("web");
      const [genuine, stranger, unknown, none] = [1, 2, 3, 4].map(() => datagram(web, monitor));
      const [copies] = await received([monitor], async () => {
        await forge(lab.host(3), stranger!, id);
        await forge(lab.host(2), unknown!, id === 1 ? 2 : id - 1);
        await forge(lab.host(2), none!, 0);
        await forge(lab.host(2), genuine!, id);
      }, [1]);
      expectFrames(copies!, [genuine!]);
    });
  }
});
