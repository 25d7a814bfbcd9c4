import { setTimeout } from "node:timers/promises";
import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { DATAPATH } from "../../lab/datapath";
import { type Lab, startLab } from "../../lab/lab";

const RUNS = 5;
const PPS = 1_000;
/** Copies that a busy machine may miss in a single run; what a gap loses is many more, and lost each time. */
const NOISE = 10;
/** Milliseconds that the stream runs before and after a change. */
const MARGIN = 200;

type Attachment = "tap-bridge" | "integration-bridge";

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/**
 * A port is on one bridge at a time. While Open vSwitch takes it off one and puts it on the other, what is sent to it is
 * lost, whoever does it: the control is that move alone, by one ovs-vsctl, with rules on both bridges that are ready for it.
 */
describe("a monitor whose attachment changes under 1,000 packets a second", function () {
  this.timeout(180_000);
  let lab: Lab;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "peer", host: 1 },
      { name: "mon", host: 1, vlan: 20 },
      { name: "bare", host: 1, vlan: 21 },
    ];
    lab = await startLab({ hosts: 1, vms });
  });

  after(() => lab?.stop());

  /** How many copies a monitor misses around a change. */
  async function missedDuring(monitor: "mon" | "bare", change: () => Promise<unknown>): Promise<number> {
    const watchers = [lab.vm(monitor)];
    const stream = await lab.startStream({ from: lab.vm("web"), to: lab.vm("peer"), watchers, pps: PPS });
    await setTimeout(MARGIN);
    await change();
    await setTimeout(MARGIN);
    const { sent, at } = await stream.stop();
    const copies = at[monitor]!;
    expect(copies.received - copies.duplicated.length, `the tap copies at all, of ${sent}`).to.be.above(0);
    expect(copies.duplicated).to.deep.equal([]);
    return copies.lost.length;
  }

  /** A tap by hand, with rules for both places of its monitor, which starts on br-int. */
  async function tapByHand(): Promise<void> {
    const host = lab.host(1);
    const patch = (name: string, bridge: string, peer: string) =>
      `-- add-port ${bridge} ${name} -- set Interface ${name} type=patch options:peer=${peer}`;
    const fenced = (name: string) => `-- set Port ${name} vlan_mode=trunk trunks=4095`;
    await host.ovs(
      `ovs-vsctl add-br br-hand -- set Bridge br-hand datapath_type=${DATAPATH} fail_mode=secure ${patch("in", "br-int", "in-peer")} ${patch("in-peer", "br-hand", "in")} ${patch("back", "br-hand", "back-peer")} ${patch("back-peer", "br-int", "back")} ${fenced("in")} ${fenced("back-peer")} -- --id=@web get Port tap-web -- --id=@in get Port in -- --id=@m create Mirror name=hand select_src_port=@web output_port=@in -- add Bridge br-int mirrors @m`,
    );
    const untag = "vlan_tci=0x1000/0x1000,actions=pop_vlan";
    await host.ovs(
      `ovs-ofctl -O OpenFlow14 add-flow br-hand 'in_port=in-peer,${untag},output:777,output:back'`,
    );
    await host.ovs(
      "ovs-ofctl -O OpenFlow14 add-flow br-int 'cookie=7,priority=9,in_port=back-peer,actions=output:777'",
    );
    await host.ovs("ovs-vsctl set Interface tap-bare ofport_request=777");
  }

  const moveByHand = (from: string, to: string) =>
    lab
      .host(1)
      .ovs(
        `ovs-vsctl -- --id=@p get Port tap-bare -- remove Bridge ${from} ports @p -- add Bridge ${to} ports @p`,
      );

  it("misses no more copies than Open vSwitch loses by moving the port", async () => {
    const missed: Record<string, number[]> = { control: [], "tap-bridge": [], "integration-bridge": [] };
    await tapByHand();
    for (let run = 0; run < RUNS; run++) {
      missed.control!.push(await missedDuring("bare", () => moveByHand("br-int", "br-hand")));
      missed.control!.push(await missedDuring("bare", () => moveByHand("br-hand", "br-int")));
    }
    await lab
      .host(1)
      .ovs("ovs-vsctl del-port in -- del-port back-peer -- del-br br-hand -- clear Bridge br-int mirrors");
    const driver = new Driver(lab);
    const args = (attachment: Attachment) => ({ host: "host1", port: "tap-mon", attachment });
    const service = await driver.service("ids", args("tap-bridge"));
    await driver.flow("web", service, { host: "host1", port: "tap-web", direction: "egress" });
    for (let run = 0; run < RUNS; run++) {
      for (const attachment of ["integration-bridge", "tap-bridge"] as const) {
        const change = () => driver.update(service, args(attachment));
        missed[attachment]!.push(await missedDuring("mon", change));
      }
    }
    await driver.destroy();
    const text = JSON.stringify(missed);
    console.log(`      ${text}`);
    const control = missed.control!;
    for (const attachment of ["tap-bridge", "integration-bridge"]) {
      const own = missed[attachment]!;
      expect(median(own), `to ${attachment}: ${text}`).to.be.at.most(median(control));
      expect(Math.max(...own), `to ${attachment}: ${text}`).to.be.at.most(Math.max(...control) + NOISE);
    }
  });
});
