import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { Rule } from "../../../provider/model/desired";
import { leaseCookie } from "../../../provider/model/identity";
import { is } from "../../../provider/model/match";
import { diffFlows } from "../../../provider/ovs/diffFlows";
import { dumpFlows } from "../../../provider/ovs/dumpFlows";
import { formatFlow } from "../../../provider/ovs/openflow";
import { PacketChannel, type Received } from "../../../provider/ovs/packetChannel";
import { TABLES } from "../../../provider/ovs/packetMessages";
import { pushFlows } from "../../../provider/ovs/pushFlows";
import { TapSwitch } from "../../../provider/ovs/tapSwitch";
import { flowText } from "../../../provider/plan/flowText";
import { rejection } from "../../rejection";
import { addGuardedBridge, type GuardedBridge } from "./guardedBridge";
import { PrivateAccess } from "./privateAccess";
import { PrivateOvs } from "./privateOvs";
import { marked, RULES } from "./threeRules";

/** A frame of EtherType 0x88b5 and of so many bytes. */
function frameOf(bytes: number): Buffer {
  const frame = Buffer.from(Array.from({ length: bytes }, (_, index) => index % 251));
  Buffer.from("020000000002020000000001", "hex").copy(frame);
  frame.writeUInt16BE(0x88b5, 12);
  return frame;
}

describe("frames to and from a tap bridge", function () {
  this.timeout(30_000);
  let ovs: PrivateOvs;
  let ways: PrivateAccess;
  let target: GuardedBridge["target"];
  let guard: GuardedBridge["guard"];
  let tapSwitch: TapSwitch;
  const channels: PacketChannel[] = [];

  before(async () => {
    ovs = await PrivateOvs.start();
    ({ target, guard } = await addGuardedBridge(ovs));
    await ovs.vsctl(
      "add-port",
      "br-tap",
      "p6",
      "--",
      "set",
      "Interface",
      "p6",
      "type=dummy",
      "ofport_request=6",
    );
    ways = new PrivateAccess(ovs);
    tapSwitch = new TapSwitch(() => ways.openSwitch());
  });

  beforeEach(async () => {
    await pushFlows(target, flowText(marked(RULES, 7)), guard());
  });

  afterEach(async () => {
    for (const channel of channels.splice(0)) channel.close();
    await ovs.ofctl("del-flows", "br-tap");
  });

  after(async () => {
    ways?.close();
    await ovs?.stop();
  });

  async function open(): Promise<PacketChannel> {
    const channel = await PacketChannel.open(await ways.openSwitch(), { host: "here", bridge: "br-tap" });
    channels.push(channel);
    return channel;
  }

  /** The rule that sends frames by port 5 to a connection. */
  function toController({ controllerId }: PacketChannel, userdata = "c0ffee"): Rule<number> {
    const rule = { table: 0, priority: 200, cookie: leaseCookie("000000000001"), owners: [] };
    const actions = [
      { set: "reg1" as const, value: 9n },
      { controller: controllerId, userdata },
    ];
    return { ...rule, inPort: 5, match: [is("eth_type", 0x88b5)], actions };
  }

  async function take(channel: PacketChannel, count: number): Promise<Received[]> {
    const received: Received[] = [];
    for await (const packet of channel.packets) if (received.push(packet) === count) return received;
    return received;
  }

  const arrive = (frame: Buffer) => ovs.appctl("netdev-dummy/receive", "p1", frame.toString("hex"));

  async function leased(): Promise<string[]> {
    const flows = await dumpFlows(target, { match: "cookie=0x7a71000000000000/0xffff000000000000" });
    return flows.map(formatFlow);
  }

  it("are received whole, with the port, the registers and the rule's userdata", async () => {
    const channel = await open();
    await channel.lease([toController(channel)], 60);
    const before = BigInt(Date.now()) * 1_000_000n;
    await arrive(frameOf(1514));
    const [packet] = await take(channel, 1);
    expect(packet!.frame.equals(frameOf(1514))).to.equal(true);
    expect(packet).to.deep.include({ inPort: 5, tunnelId: undefined });
    expect(packet!.userdata.toString("hex")).to.equal("c0ffee");
    expect([...packet!.registers]).to.deep.equal([[1, 9]]);
    expect(Number(packet!.at - before) / 1e9).to.be.within(-0.1, 5);
  });

  it("are received by the connection that a rule names, and by no other", async () => {
    const [mine, other] = [await open(), await open()];
    await mine.lease([toController(mine)], 60);
    await arrive(frameOf(100));
    expect(await take(mine, 1)).to.have.length(1);
    other.close();
    expect(await take(other, 1)).to.deep.equal([]);
  });

  it("are sent with actions of their own, and through the tables", async () => {
    const channel = await open();
    await channel.lease([toController(channel, "01")], 60);
    const { controllerId } = channel;
    const said = { controller: controllerId, userdata: "02" };
    const frame = frameOf(300);
    await channel.send([
      { inPort: 5, actions: [{ output: TABLES }], frame },
      { inPort: 6, actions: [{ set: "tun_id", value: 0x1234n }, said], frame },
      { inPort: 6, actions: [{ output: TABLES }], frame },
    ]);
    const received = await take(channel, 2);
    expect(
      received.map(({ userdata, inPort, tunnelId }) => [userdata.toString("hex"), inPort, tunnelId]),
    ).to.deep.equal([
      ["01", 5, undefined],
      ["02", 6, 0x1234n],
    ]);
    expect(received.every((packet) => packet.frame.equals(frame))).to.equal(true);
  });

  it("end with an error when ovs-vswitchd does, and when the bridge refuses a request", async () => {
    const [channel, another] = [await open(), await open()];
    const backwards = { ...toController(channel), table: 3, actions: [{ goto: 1 }] };
    expect((await rejection(another.lease([backwards], 9))).code).to.equal("packets-lost");
    await ovs.stopVswitchd();
    const lost = await rejection(take(channel, 1));
    await ovs.startVswitchd();
    await ovs.vsctl("set", "Bridge", "br-tap", "external_ids:started=1");
    expect(lost).to.include({ code: "packets-lost", host: "here" });
    expect(lost.message).to.match(/frames to and from bridge br-tap has ended/);
  });

  describe("use leased rules,", () => {
    it("which every other writer and comparer leaves as they are", async () => {
      const channel = await open();
      const before = await tapSwitch.state();
      await channel.lease([toController(channel)], 60);
      const there = await leased();
      expect(there).to.have.length(1);
      expect(await tapSwitch.has(marked(RULES, 7))).to.equal(true);
      expect(await tapSwitch.state()).to.equal(before);
      expect(await diffFlows(target, flowText(marked(RULES, 7)))).to.deep.equal({
        missing: [],
        unexpected: [],
      });
      expect(await tapSwitch.replace(marked(RULES, 8), async () => true)).to.equal("written");
      expect(await leased(), "after OpenFlow").to.deep.equal(there);
      expect(await pushFlows(target, flowText(marked([], 9)), guard())).to.deep.equal({ outcome: "pushed" });
      expect(await leased(), "after ovs-ofctl").to.deep.equal(there);
      await arrive(frameOf(99));
      expect(await take(channel, 1)).to.have.length(1);
    });

    it("which expire by themselves unless they are renewed, and stay deleted then", async () => {
      const channel = await open();
      const rule = toController(channel);
      await channel.lease([rule], 2);
      for (let time = 0; time < 4; time++) {
        await sleep(800);
        await channel.renew([rule]);
      }
      expect(await leased()).to.have.length(1);
      const start = performance.now();
      while ((await leased()).length > 0) await sleep(100);
      expect(performance.now() - start).to.be.within(1000, 4000);
      await channel.renew([rule]);
      expect(await leased()).to.deep.equal([]);
    });

    it("which their holder deletes, and nobody else's with the same identity", async () => {
      const channel = await open();
      await channel.lease([toController(channel)], 60);
      await channel.end([{ ...toController(channel), cookie: leaseCookie("000000000002") }]);
      expect(await leased()).to.have.length(1);
      await channel.end([toController(channel)]);
      await channel.end([toController(channel)]);
      expect(await leased()).to.deep.equal([]);
    });

    it("of which those without a timeout belong to nobody, and are deleted", async () => {
      await ovs.ofctl("add-flow", "br-tap", "cookie=0x7a71000000000001,in_port=6,actions=drop");
      expect(await tapSwitch.has(marked(RULES, 7))).to.equal(false);
      expect((await diffFlows(target, flowText(marked(RULES, 7)))).unexpected).to.have.length(1);
      expect(await tapSwitch.replace(marked(RULES, 7), async () => true)).to.equal("written");
      expect(await leased()).to.deep.equal([]);
    });

    it("whose text means the same to ovs-ofctl", async () => {
      const channel = await open();
      const rule = toController(channel, "00112233445566778899");
      const lasting = marked([{ ...rule, cookie: 0x7a70_0000_0000_00ddn }], 7);
      expect(await tapSwitch.replace(lasting, async () => true)).to.equal("written");
      expect(await diffFlows(target, flowText(lasting))).to.deep.equal({ missing: [], unexpected: [] });
      await ovs.ofctl("del-flows", "br-tap");
      await pushFlows(target, flowText(lasting), guard());
      expect(await tapSwitch.has(lasting)).to.equal(true);
    });
  });
});
