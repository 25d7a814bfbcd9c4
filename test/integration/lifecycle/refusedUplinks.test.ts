import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { DATAPATH } from "../../lab/datapath";
import { type Lab, startLab } from "../../lab/lab";
import { expectRefused } from "./refused";

/** A bridge with a network card, and the patch that leads there, as OVN has it to a provider network. */
const PATCHED = `
ip link add card9 type veth peer name wire9
ovs-vsctl add-br br-prov -- set Bridge br-prov datapath_type=${DATAPATH} -- add-port br-prov card9 -- \\
  add-port br-int to-prov -- set Interface to-prov type=patch options:peer=from-prov -- \\
  add-port br-prov from-prov -- set Interface from-prov type=patch options:peer=to-prov`;
const UNPATCHED = "ovs-vsctl del-port br-int to-prov -- del-br br-prov; ip link delete card9";

describe("ports by which bridges and hosts are reached", () => {
  let lab: Lab;
  let driver: Driver;

  before(async () => {
    lab = await startLab({ hosts: 2, vms: [{ name: "ids", host: 2 }] });
  });

  after(() => lab.stop());

  beforeEach(() => {
    driver = new Driver(lab);
  });

  afterEach(() => driver.destroy());

  const refused = (work: () => Promise<unknown>, refusal: Parameters<typeof expectRefused>[2]) =>
    expectRefused(lab.hosts, work, refusal);
  const monitor = () => driver.service("ids", { host: "host2", port: "tap-ids" });

  it("does not move a port that other bridges or hosts are reached by", async () => {
    await lab.host(2).ovs(PATCHED);
    await refused(() => driver.service("mon", { host: "host2", port: "to-prov" }), {
      code: "monitor-immovable",
      host: "host2",
      says: /^monitor port to-prov is of type patch: a move to br-tap would cut off the traffic that passes through it/,
      hint: /attachment: "integration-bridge", or name a port of a VM/,
    });
    await lab.host(2).ovs(UNPATCHED);
  });

  it("does not tap a patch port, and says what to tap instead", async () => {
    const ids = await monitor();
    await lab.host(1).ovs(PATCHED);
    await refused(() => driver.flow("all", ids, { host: "host1", port: "to-prov" }), {
      code: "source-patch",
      host: "host1",
      says: /^source port to-prov is a patch port, which Open vSwitch does not mirror/,
      hint: /^Tap the ports of the VMs whose traffic passes through it, or card9 of bridge br-prov, where it leads, with integrationBridge: "br-prov" on the host \(not if copies leave the host by that bridge\)$/,
    });
    await lab.host(1).ovs(UNPATCHED);
  });

  it("does not tap the card or the bridge that copies leave by, except without the copies", async () => {
    const ids = await monitor();
    const [host, far] = [lab.host(1), lab.host(2)];
    const at = { address: "host1", integrationBridge: "br-phy" };
    // A run asks for a route once, so each tap is a run of its own.
    const endless = (port: string, more: object = {}) =>
      refused(() => new Driver(lab).flow("all", ids, { host: at, port, ...more }), {
        code: "source-carries-copies",
        host: "host1",
        says: new RegExp(`leave by port ${port} of bridge br-phy, and each would be copied again`),
        hint: /another network card .* reject them in the filter/,
      });
    await endless("nic1");
    await endless("br-phy", { direction: "egress" });
    await host.ovs(`ip link add over type bridge; ip link set br-phy master over; ip link set over up
ip route add ${far.address}/32 dev over`);
    await endless("nic1");
    await host.ovs("ip link delete over");
    await driver.flow("in", ids, { host: at, port: "nic1", direction: "egress" });
    await driver.flow("out", ids, { host: at, port: "nic1", filter: "not udp port 14789" });
    const capture = await lab.vm("ids").capture();
    await host.ovs(`ping -c 2 -W 5 ${far.address}`);
    await capture.settle({ frames: 6 });
    expect((await capture.stop()).length).to.be.at.least(6);
  });
});
