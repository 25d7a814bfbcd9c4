import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { DATAPATH } from "../../lab/datapath";
import type { LabHost } from "../../lab/host";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots } from "../../lab/snapshot";
import type { Vm } from "../../lab/vm";
import { datagram, expectFrames, learn, received, tagged } from "./traffic";

/** The VLAN that the guest knows its second network by. */
const SUBPORT = 101;

/** The bridge of a trunk as Neutron's agent makes it: the VM on it, and a patch to `br-int` for each of its networks. */
function trunkBridge(vm: Vm): string {
  const patch = (name: string, peer: string, bridge: string, tag?: number) =>
    `add-port ${bridge} ${name} ${tag === undefined ? "" : `tag=${tag}`} -- set Interface ${name} type=patch options:peer=${peer}`;
  return [
    "ovs-vsctl add-br tbr-1",
    `set Bridge tbr-1 datapath_type=${DATAPATH}`,
    `del-port br-int ${vm.port}`,
    `add-port tbr-1 ${vm.port}`,
    `set Interface ${vm.port} external_ids:iface-id=${vm.ifaceId} external_ids:attached-mac='"${vm.mac}"'`,
    patch("tpt-1", "tpi-1", "tbr-1"),
    patch("tpi-1", "tpt-1", "br-int", 10),
    patch("spt-1", "spi-1", "tbr-1", SUBPORT),
    patch("spi-1", "spt-1", "br-int", 20),
  ].join(" -- ");
}

describe("a tap of a VM on a bridge of its own, as Neutron plugs a trunk", function () {
  this.timeout(30_000);
  let lab: Lab;
  let host: LabHost;
  let driver: Driver;
  let parent: Vm;
  let web: Vm;
  let db: Vm;
  let monitor: Vm;

  before(async () => {
    lab = await startLab({
      hosts: 1,
      vms: [
        { name: "parent", host: 1, trunk: [] },
        { name: "web", host: 1, vlan: 10 },
        { name: "db", host: 1, vlan: 20 },
        { name: "mon", host: 1 },
      ],
    });
    host = lab.host(1);
    [parent, web, db, monitor] = ["parent", "web", "db", "mon"].map((name) => lab.vm(name)) as [
      Vm,
      Vm,
      Vm,
      Vm,
    ];
    await host.ovs(trunkBridge(parent));
    driver = new Driver(lab);
    await learn([parent, web]);
  });
  after(() => lab?.stop());

  const trunk = { address: "host1", integrationBridge: "tbr-1" };

  it("is found on that bridge, and all its networks are copied as the guest has them", async () => {
    const before = await host.snapshot();
    const ids = await driver.service("ids", { host: "host1", port: monitor.port });
    const flow = await driver.flow("parent", ids, { host: trunk, port: { ifaceId: parent.ifaceId } });
    await driver.flow("db", ids, { host: "host1", port: db.port, direction: "egress" });
    const toWeb = datagram(parent, web);
    const toDb = datagram(parent, db, [SUBPORT]);
    const fromDb = datagram(db, parent);
    const onTrunk = tagged(fromDb, SUBPORT);
    const send = async () => {
      await parent.send([toWeb, toDb]);
      await db.send([fromDb]);
    };
    const [atParent, atWeb, copies] = await received([parent, web, monitor], send, [1, 1, 4]);
    expectFrames(atParent!, [onTrunk], "what the guest received");
    expectFrames(atWeb!, [toWeb], "what the other VM received");
    expectFrames(copies!, [toWeb, toDb, fromDb, onTrunk], "copies");
    expect((await driver.read(flow)).props).to.include({ status: "active" });
    await driver.destroy();
    expect(diffSnapshots(before, await host.snapshot())).to.deep.equal([]);
  });
});
