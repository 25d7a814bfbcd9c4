import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { broadcast } from "../copies/traffic";
import { KeeperProcess, until, untilAllCopied } from "../faults/keeperProcess";

describe("a host's keeper, where monitor ports are", function () {
  this.timeout(60_000);
  let lab: Lab;
  let driver: Driver;
  let keeper: KeeperProcess;
  let device: Made;
  let attached: Made;
  let service: Made;

  const start = () => {
    const { port, mac } = lab.vm("mon");
    const ids = `external_ids:iface-id=${attached.outputs.ifaceId} 'external_ids:attached-mac="${mac}"'`;
    return lab.host(1).ovs(`ovs-vsctl add-port br-tap ${port} -- set Interface ${port} ${ids}`);
  };

  before(async () => {
    lab = await startLab({ hosts: 1, vms: ["web", "db", "mon"].map((name) => ({ name, host: 1 })) });
    await lab.vm("mon").unplug();
    driver = new Driver(lab, undefined, { hosts: { host1: { address: "host1", keeper: true } } });
    device = await driver.monitorPort("device", { host: "host1" });
    attached = await driver.monitorPort("attached", { host: "host1", type: "attach" });
    await start();
    const ports = [device.outputs.port, attached.outputs.port];
    service = await driver.service("ids", { host: "host1", ports });
    await driver.flow("web", service, { host: "host1", port: "tap-web" });
    keeper = await KeeperProcess.start(lab.host(1));
  });

  after(async () => {
    await keeper?.stop();
    await lab?.stop();
  });

  async function expectCopies(since: number, what: string): Promise<void> {
    const [web, db, mon] = ["web", "db", "mon"].map((name) => lab.vm(name));
    await untilAllCopied([[web!, db!, mon!]], since, what);
    const name = String(device.outputs.portName);
    await lab.host(1).ovs(`ip link set ${name} up`);
    const capture = await lab.host(1).captureDevice(name);
    await until(async () => {
      await web!.send([broadcast(web!)]);
      return capture.frames.some(
        (frame) => frame.subarray(6, 12).toString("hex") === web!.mac.replaceAll(":", ""),
      );
    });
    await capture.stop();
    for (const made of [device, attached, service]) {
      await driver.read(made);
      expect(made.outputs.status, made.name).to.equal("active");
    }
  }

  it("lets copies reach a VM that was stopped and started, without an up", async () => {
    await lab.vm("mon").unplug();
    await start();
    await expectCopies(performance.now(), "the VM was started");
  });

  it("lets copies reach both after a restart of Open vSwitch", async () => {
    await lab.host(1).killVswitchd();
    await lab.host(1).startVswitchd();
    await expectCopies(performance.now(), "ovs-vswitchd was started");
  });
});
