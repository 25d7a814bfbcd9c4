import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { routerAdvertisement } from "../../lab/frames";
import type { LabHost } from "../../lab/host";
import { requireIpv6 } from "../../lab/ipv6";
import { type Lab, startLab } from "../../lab/lab";
import { blocks } from "../documentation/pages";

/** The first commands of docs/monitor-port.md, for a sensor in a namespace of its own, and in the host's. */
function documentedCommands(device: string): string[] {
  return blocks("docs/monitor-port.md", "sh").map((block) =>
    block.replaceAll("mp-0123456789ab", device).replace("suricata -i", "ip link show dev"),
  );
}

describe("the host of a sensor, set up as the documentation says", () => {
  let lab: Lab;
  let host: LabHost;
  let driver: Driver;
  let device: string;
  let untouched: string;

  before(async function () {
    requireIpv6(this);
    lab = await startLab({
      hosts: 1,
      vms: [
        { name: "web", host: 1 },
        { name: "app", host: 1 },
      ],
    });
    host = lab.host(1);
    // New devices have IPv6, as those of a host outside the lab.
    await host.ovs("echo 0 > /proc/sys/net/ipv6/conf/default/disable_ipv6");
  });

  after(() => lab?.stop());

  beforeEach(async () => {
    untouched = await addressing();
    driver = new Driver(lab);
    const port = await driver.monitorPort("sensor", { host: "host1" });
    const service = await driver.service("ids", { host: "host1", port: port.outputs.port });
    await driver.flow("web", service, { host: "host1", port: "tap-web" });
    device = String(port.outputs.portName);
  });

  afterEach(() => driver.destroy());

  /** The addresses and routes of the host, or of a namespace there. */
  const addressing = (ip = "ip") =>
    host.ovs(`${ip} -6 -o address show scope global; ${ip} -6 route show default`);

  it("takes no route and no address from a VM when the sensor has a namespace of its own", async () => {
    const [commands] = documentedCommands(device);
    await host.ovs(`set -e\n${commands}`);
    try {
      await host.ovs(
        `until ip -n sensor -6 -o address show dev ${device} | grep -q fe80; do sleep 0.01; done`,
      );
      // What is flooded to another VM has been copied by then.
      const flooded = await lab.vm("app").capture();
      await lab.vm("web").send([routerAdvertisement(lab.vm("web").mac)]);
      await flooded.settle({ frames: 1 });
      await flooded.stop();
      expect(await addressing()).to.equal(untouched);
      expect(await addressing("ip -n sensor"))
        .to.match(/2001:db8:77:/)
        .and.match(/default via fe80::77/);
    } finally {
      await host.ovs("ip netns del sensor");
    }
  });

  it("takes none either when the sensor runs in its own", async () => {
    const [, commands] = documentedCommands(device);
    await host.ovs(`set -e\n${commands}`);
    const capture = await host.captureDevice(device);
    const advertisement = routerAdvertisement(lab.vm("web").mac);
    await lab.vm("web").send([advertisement]);
    const copies = await capture.settle({ frames: 1 });
    await capture.stop();
    expect(copies.map((copy) => copy.toString("hex"))).to.deep.equal([advertisement.toString("hex")]);
    expect(await addressing()).to.equal(untouched);
    expect(await host.ovs(`ip -6 -o address show dev ${device}`)).to.equal("");
  });
});
