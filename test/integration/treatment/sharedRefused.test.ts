import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots } from "../../lab/snapshot";

const ID = 0x4d2;
const HEX = "0x4d2";

describe("transport over production tunnels", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  let service: Made;
  const source = { host: "host1", port: "tap-web", transport: "shared" };

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "mon2", host: 2 },
      ],
    });
    driver = new Driver(lab);
    service = await driver.service("ids", { host: "host2", port: "tap-mon2", tunnelId: ID });
  });
  after(() => lab?.stop());
  const snapshots = () => Promise.all(lab.hosts.map((host) => host.snapshot()));

  /** Nothing is written, and the message is this. */
  async function expectRefused(message: RegExp): Promise<void> {
    const start = await snapshots();
    const outcome = await driver.flow("web", service, source).then(
      () => "made",
      (error: Error) => error.message,
    );
    expect(outcome).to.match(message);
    const now = await snapshots();
    for (const [index, snapshot] of start.entries())
      expect(diffSnapshots(snapshot, now[index]!)).to.deep.equal([]);
  }

  /** Every way that production may use the id, with the match to remove it by. */
  const uses = [
    `table=4,tun_id=${ID},actions=drop`,
    `table=4,tun_id=0x400/0xff00,actions=drop`,
    `table=22,dl_vlan=99,actions=set_tunnel:${HEX},drop`,
    `table=22,dl_vlan=99,actions=set_tunnel64:${HEX},drop`,
    `table=22,dl_vlan=99,actions=load:${HEX}->NXM_NX_TUN_ID[],drop`,
    `table=22,dl_vlan=99,actions=strip_vlan,set_field:${ID}->tun_id,output:1`,
    `table=20,dl_vlan=99,dl_dst=fa:16:3e:00:00:01,actions=learn(table=20,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:${HEX}->NXM_NX_TUN_ID[])`,
  ];
  const remove = "ovs-ofctl del-flows br-tun cookie=0x99/-1";

  for (const number of [1, 2]) {
    for (const use of number === 1 ? uses : uses.slice(0, 3)) {
      it(`is refused when the id occurs in br-tun of host ${number}: ${use.replace(/,drop$/, "")}`, async () => {
        const host = lab.host(number);
        await host.ovs(`ovs-ofctl add-flow br-tun 'cookie=0x99,${use.replace(/,drop$/, "")}'`);
        await expectRefused(
          new RegExp(
            `^host host${number}: tunnel id ${ID} is used by production's rules in br-tun\\. .*another tunnelId`,
          ),
        );
        await host.ovs(remove);
      });
    }

    it(`has drifted while host ${number} uses the id, and not longer`, async () => {
      const flow = await driver.flow("web", service, source);
      await driver.read(flow);
      await driver.read(flow);
      expect(flow.outputs.status).to.equal("active");
      await lab.host(number).ovs(`ovs-ofctl add-flow br-tun cookie=0x99,table=4,tun_id=${ID},actions=drop`);
      await driver.read(flow);
      expect(flow.outputs.status).to.equal(
        `drifted: host host${number}: tunnel id ${ID} is used by production's rules in br-tun`,
      );
      await lab.host(number).ovs(remove);
      await driver.read(flow);
      expect(flow.outputs.status).to.equal("active");
      await driver.delete(flow);
    });

    const setting = (name: string, option: string) => `ovs-vsctl set Interface ${name} options:${option}`;
    const port = number === 1 ? "vxlan-c000020c" : "vxlan-c000020b";

    it(`is refused when the tunnel at host ${number} has a key of its own`, async () => {
      await lab.host(number).ovs(setting(port, "in_key=7"));
      await expectRefused(
        new RegExp(`^host host${number}: the production tunnel ${port} in br-tun carries only one tunnel id`),
      );
      await lab.host(number).ovs(setting(port, "in_key=flow"));
    });

    it(`is refused when br-tun of host ${number} has no tunnel to the other`, async () => {
      const other = lab.host(3 - number);
      await lab.host(number).ovs(setting(port, "remote_ip=192.0.2.99"));
      await expectRefused(
        new RegExp(
          `^host host${number}: bridge br-tun has no tunnel to ${other.name} \\(${other.address}\\)`,
        ),
      );
      await lab.host(number).ovs(setting(port, `remote_ip=${other.address}`));
    });
  }
});

describe("transport over production tunnels, without a br-tun", function () {
  this.timeout(30_000);
  let lab: Lab;
  let driver: Driver;
  const source = { host: "host1", port: "tap-web", transport: "shared" };

  before(async () => {
    lab = await startLab({
      hosts: [
        { externalIds: { "ovn-encap-ip": "192.0.2.11" } },
        { externalIds: { "ovn-encap-ip": "192.0.2.12" } },
      ],
      vms: [
        { name: "web", host: 1 },
        { name: "mon2", host: 2 },
      ],
      productionTunnels: "none",
    });
    driver = new Driver(lab);
    await lab.host(1).ovs("ovs-vsctl del-port patch-tun -- del-br br-tun");
  });
  after(() => lab?.stop());
  afterEach(() => driver.destroy());

  const refusal = async () => {
    const service = await driver.service("ids", { host: "host2", port: "tap-mon2" });
    return driver.flow("web", service, source).then(
      () => "made",
      (error: Error) => error.message,
    );
  };

  it("is refused", async () => {
    expect(await refusal()).to.match(
      /^host host1: bridge br-tun does not exist, so .*transport "dedicated".*tunnelBridge/,
    );
  });

  it("is refused for what OVN has in br-int, with the reason", async () => {
    const options = "options:remote_ip=192.0.2.12 options:key=flow options:local_ip=192.0.2.11";
    await lab
      .host(1)
      .ovs(`ovs-vsctl add-port br-int ovn-abcdef-0 -- set Interface ovn-abcdef-0 type=geneve ${options}`);
    expect(await refusal()).to.match(
      /^host host1: its production tunnels are in br-int \(ovn-abcdef-0\) and belong to ovn-controller/,
    );
  });
});
