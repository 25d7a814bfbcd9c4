import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { account } from "./hosts";
import { FOLDER, UNIT } from "./keeperProcess";

describe("a host's keeper, and the rights of the login", function () {
  this.timeout(60_000);
  let lab: Lab;

  before(async () => {
    lab = await startLab({ hosts: [{ sudoCommands: "ALL" }], vms: [{ name: "spare", host: 1 }] });
  });
  after(async () => {
    await lab?.stop();
  });

  it("is installed and removed through sudo if the login is not root", async () => {
    const login = new Driver(lab, "organization/sudo/test");
    const host = { address: "host1", user: "tapadmin", keeper: true };
    const spare = await login.service("spare", { host, port: "tap-spare" });
    const files = `stat -c "%U %a %n" ${FOLDER} ${FOLDER}/taas-keeper; stat -c "%U %a" ${FOLDER}/state.*`;
    expect(await lab.host(1).ovs(files)).to.equal(
      `root 700 ${FOLDER}\nroot 755 ${FOLDER}/taas-keeper\nroot 600\n`,
    );
    await login.read(spare);
    expect(spare.outputs.status).to.equal("active");
    await login.destroy();
    await lab.host(1).ovs(`[ ! -e ${FOLDER} ] && [ ! -e ${UNIT} ]`);
    account(0, 0, 0);
  });

  it("is refused to a login that cannot install it, before anything is written", async () => {
    await lab.host(1).ovs("chmod 755 /run/openvswitch; chmod 666 /run/openvswitch/db.sock");
    const before = await lab.host(1).snapshot();
    const record = { address: "host1", user: "operator", keeper: true };
    for (const sudo of ["auto", "never"]) {
      const login = new Driver(lab, "organization/login/test");
      let error: Error | undefined;
      await login.service("spare", { host: { ...record, sudo }, port: "tap-spare" }).catch((reason) => {
        error = reason;
      });
      expect(error).to.have.property("code", "keeper-refused");
      expect(error!.message).to.match(/^host host1: the keeper cannot be installed/);
    }
    expect(await lab.host(1).snapshot()).to.deep.equal(before);
    account(0, 0, 0);
  });
});
