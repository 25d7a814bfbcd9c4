import { expect } from "chai";
import { DATAPATH } from "../../lab/datapath";
import { udp } from "../../lab/frames.js";
import { type Lab, startLab } from "../../lab/lab.js";
import { diffSnapshots } from "../../lab/snapshot.js";
import { between } from "../../lab/vm.js";

describe("the Open vSwitch of a host of the lab", function () {
  this.timeout(30_000);
  let lab: Lab;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 2 },
      ],
    });
  });
  after(() => lab?.stop());

  it("has the same snapshot when only packets have passed and something was added and removed", async () => {
    const host = lab.host(2);
    const before = await host.snapshot();
    const [web, db] = [lab.vm("web"), lab.vm("db")];
    const capture = await db.capture();
    await web.send([udp({ ...between(web, db), sourcePort: 1, destinationPort: 2 })]);
    await capture.settle({ frames: 1 });
    await capture.stop();
    await host.ovs(`ovs-vsctl add-br br-tap -- set Bridge br-tap datapath_type=${DATAPATH}`);
    await host.ovs("ovs-vsctl del-br br-tap");
    const after = await host.snapshot();
    expect(diffSnapshots(before, after)).to.deep.equal([]);
    expect(after).to.deep.equal(before);
    expect(Object.keys(after.bridges)).to.deep.equal(["br-int", "br-phy", "br-tun"]);
  });

  it("has another snapshot for every row, column, flow, group, meter and device that differs", async () => {
    const host = lab.host(2);
    const before = await host.snapshot();
    await host.ovs(`
      ovs-vsctl add-br br-tap -- set Bridge br-tap datapath_type=${DATAPATH} -- set Interface tap-db external_ids:x=y
      ovs-ofctl add-flow br-int table=7,actions=drop
      ovs-ofctl -O OpenFlow13 add-group br-tun group_id=3,type=all,bucket=drop
      ovs-ofctl -O OpenFlow13 add-meter br-int meter=1,kbps,band=type=drop,rate=1000`);
    const changes = diffSnapshots(before, await host.snapshot());
    expect(changes.map((line) => line.replace(/ \(.*/, ""))).to.include.members([
      "+ Bridge br-tap",
      "+ Port br-tap",
      "+ Interface br-tap",
      "~ Interface tap-db",
      "+ br-int flows: table=7, actions=drop",
      "+ br-tap flows: priority=0 actions=NORMAL",
      "+ br-int meters: meter=1 kbps bands= type=drop rate=1000",
      '~ link br-tap: none -> "mtu 1500 down"',
    ]);
    expect(changes.join("\n")).to.match(/^\+ br-tun groups: group_id=3,type=all/m);
    await host.ovs(`
      ovs-vsctl del-br br-tap -- remove Interface tap-db external_ids x
      ovs-ofctl --strict del-flows br-int table=7,priority=32768
      ovs-ofctl -O OpenFlow13 del-groups br-tun group_id=3
      ovs-ofctl -O OpenFlow13 del-meter br-int meter=1`);
    expect(diffSnapshots(before, await host.snapshot())).to.deep.equal([]);
  });

  it("can be restarted and killed: production works again, and what only vswitchd kept is gone", async () => {
    const host = lab.host(2);
    const before = await host.snapshot();
    await host.ovs("ovs-ofctl add-flow br-tun table=9,actions=drop");
    await host.restartVswitchd();
    const after = await host.snapshot();
    expect(after.bridges["br-tun"]!.flows).to.have.length(before.bridges["br-tun"]!.flows.length);
    expect(after.bridges["br-tun"]!.flows.join()).to.not.match(/table=9/);

    await host.killOvsdbServer();
    expect((await host.run(["ovs-vsctl", "--timeout=1", "show"])).exitCode).to.not.equal(0);
    await host.startOvsdbServer();
    await host.killVswitchd();
    expect((await host.run(["ovs-vsctl", "--timeout=1", "add-br", "br-late"])).exitCode).to.not.equal(0);
    await host.startVswitchd();
    await host.ovs("ovs-vsctl del-br br-late");
    const stream = await lab.startStream({ from: lab.vm("web"), to: lab.vm("db"), count: 100 });
    expect(await stream.finished()).to.deep.include({ sent: 100, received: 100, lost: [] });
  });
});
