import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { DATAPATH } from "../../lab/datapath";
import { type Lab, startLab } from "../../lab/lab";
import { failureOf } from "./refused";

describe("a port on the tap bridge", () => {
  let lab: Lab;
  let driver: Driver;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [{ name: "stray", host: 2 }],
    });
  });

  after(() => lab.stop());

  beforeEach(() => {
    driver = new Driver(lab);
  });

  const ovs = (host: number, line: string) =>
    lab
      .host(host)
      .ovs(line)
      .then((text) => text.trim());

  it("stays there while the bridge that it would be moved to is missing, and so does the last claim", async () => {
    await driver.tunnel("pair", { hosts: ["host1", "host2"], udpPort: 15000 });
    await ovs(2, "ovs-vsctl -- del-port br-int tap-stray -- add-port br-tap tap-stray");
    await ovs(2, "ovs-vsctl del-br br-int");
    const failed = (await failureOf(driver.destroy())) as Error;
    expect(failed).to.have.property("code", "home-bridge-missing");
    expect(failed.message).to.match(/^host host2: .*port tap-stray.*bridge br-int.*does not exist/);
    expect(await ovs(2, "ovs-vsctl port-to-br tap-stray")).to.equal("br-tap");
    expect(await ovs(1, "ovs-vsctl br-exists br-tap && echo there")).to.equal("there");
    await ovs(2, `ovs-vsctl add-br br-int -- set Bridge br-int datapath_type=${DATAPATH}`);
    await driver.destroy();
    expect(await ovs(2, "ovs-vsctl port-to-br tap-stray")).to.equal("br-int");
  });
});
