import { expect } from "chai";
import { Driver } from "../../driver/driver";
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

  it("that somebody moved there is left alone, and so is the last claim, until it is moved to its bridge", async () => {
    await driver.tunnel("pair", { hosts: ["host1", "host2"], udpPort: 15000 });
    await ovs(2, "ovs-vsctl -- del-port br-int tap-stray -- add-port br-tap tap-stray");
    const failed = (await failureOf(driver.destroy())) as Error;
    expect(failed).to.have.property("code", "tap-bridge-in-use");
    expect(failed.message).to.match(/^host host2: .*br-tap cannot be deleted.*port tap-stray/);
    expect(await ovs(2, "ovs-vsctl port-to-br tap-stray")).to.equal("br-tap");
    expect(await ovs(1, "ovs-vsctl br-exists br-tap && echo there")).to.equal("there");
    await ovs(2, "ovs-vsctl -- del-port br-tap tap-stray -- add-port br-int tap-stray");
    await driver.destroy();
    expect(await ovs(2, "ovs-vsctl list-br")).not.to.include("br-tap");
    expect(await ovs(2, "ovs-vsctl port-to-br tap-stray")).to.equal("br-int");
  });
});
