import { once } from "node:events";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { expect } from "chai";
import { dumpFlows } from "../../../provider/ovs/dumpFlows";
import { TapSwitch } from "../../../provider/ovs/tapSwitch";
import { PrivateOvs } from "./privateOvs";

const RULES = [
  "cookie=0x7a700000000000aa,table=0,priority=100,in_port=5,actions=goto_table:1",
  "cookie=0x7a700000000000bb,table=1,priority=100,tcp,tp_dst=443,actions=output:5",
  "cookie=0x7a700000000000bb,table=1,priority=0,actions=drop",
].join("\n");
const LAST = (generation: number) => 0x7a70_0000_0000_0000n | BigInt(generation);

describe("a tap bridge's rules that were written before", function () {
  this.timeout(20_000);
  let ovs: PrivateOvs;
  let tapSwitch: TapSwitch;
  const streams: Duplex[] = [];

  before(async () => {
    ovs = await PrivateOvs.start();
    await ovs.vsctl(
      "add-br",
      "br-tap",
      "--",
      "set",
      "Bridge",
      "br-tap",
      "datapath_type=netdev",
      "fail_mode=secure",
    );
    await ovs.vsctl(
      "add-port",
      "br-tap",
      "p1",
      "--",
      "set",
      "Interface",
      "p1",
      "type=dummy",
      "ofport_request=5",
    );
  });

  beforeEach(async () => {
    tapSwitch = new TapSwitch(open);
    await write(RULES, 1);
    await tapSwitch.remember(RULES, async () => true);
  });

  after(async () => {
    for (const stream of streams) stream.destroy();
    await ovs?.stop();
  });

  async function open(): Promise<Duplex> {
    const socket = connect(join(dirname(ovs.socket), "br-tap.mgmt"));
    streams.push(socket);
    await once(socket, "connect");
    return socket;
  }

  async function write(rules: string, generation: number): Promise<void> {
    const text = `cookie=${LAST(generation)},table=0,priority=0,actions=drop\n${rules}\n`;
    const argv = ["ovs-ofctl", "-O", "OpenFlow14", "--bundle", "replace-flows", "br-tap", "-"];
    expect(await ovs.run(argv, { input: text })).to.include({ exitCode: 0 });
  }

  async function lastCookie(): Promise<bigint | undefined> {
    const flows = await dumpFlows({ run: ovs.run, bridge: "br-tap" });
    return flows.find(({ table, priority }) => table === 0 && priority === 0)?.cookie;
  }

  it("only get a new mark, again and again, while the bridge still has them", async () => {
    for (const generation of [2, 3, 4]) {
      expect(await tapSwitch.markUnchanged(RULES, LAST(generation))).to.equal(true);
      expect(await lastCookie()).to.equal(LAST(generation));
    }
    await ovs.appctl(
      "netdev-dummy/receive",
      "p1",
      "in_port(1),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=192.0.2.1,dst=192.0.2.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)",
    );
    expect(await tapSwitch.markUnchanged(RULES, LAST(5)), "counters make no difference").to.equal(true);
  });

  const changes: [string, () => Promise<unknown>][] = [
    ["a rule is removed", () => ovs.ofctl("--strict", "del-flows", "br-tap", "table=1,priority=0")],
    ["a rule is added", () => ovs.ofctl("add-flow", "br-tap", "table=3,priority=9,actions=drop")],
    ["a rule does something else", () => ovs.ofctl("mod-flows", "br-tap", "table=0,in_port=5,actions=drop")],
    ["a rule matches something else", () => write(RULES.replace("443", "444"), 1)],
    ["a rule has another priority", () => write(RULES.replace("100,tcp", "101,tcp"), 1)],
    ["a rule has another cookie", () => write(RULES.replace("bb,", "bc,"), 1)],
    ["all rules are gone", () => ovs.ofctl("del-flows", "br-tap")],
  ];
  for (const [title, change] of changes) {
    it(`are not marked when ${title}`, async () => {
      await change();
      const before = await lastCookie();
      expect(await tapSwitch.markUnchanged(RULES, LAST(2))).to.equal(false);
      expect(await lastCookie()).to.equal(before);
    });
  }

  it("are not marked for another text, or when somebody wrote while they were being remembered", async () => {
    expect(await tapSwitch.markUnchanged(`${RULES}\n`, LAST(2))).to.equal(false);
    await tapSwitch.remember(RULES, async () => false);
    expect(await tapSwitch.markUnchanged(RULES, LAST(2))).to.equal(false);
  });

  it("are asked for anew when ovs-vswitchd has restarted, and not marked then", async () => {
    await ovs.stopVswitchd();
    expect(await tapSwitch.markUnchanged(RULES, LAST(2)), "nobody answers").to.equal(false);
    await ovs.startVswitchd();
    await ovs.vsctl("set", "Bridge", "br-tap", "external_ids:waits=for-vswitchd");
    expect(await tapSwitch.markUnchanged(RULES, LAST(2)), "it has no rules").to.equal(false);
    await write(RULES, 1);
    await tapSwitch.remember(RULES, async () => true);
    expect(await tapSwitch.markUnchanged(RULES, LAST(3))).to.equal(true);
  });

  it("are many, and are all compared", async () => {
    const many = Array.from(
      { length: 3000 },
      (_, index) =>
        `cookie=0x7a700000000000bb,table=1,priority=${index + 1},udp,tp_dst=${index},actions=output:5`,
    );
    await write(many.join("\n"), 1);
    await tapSwitch.remember("many", async () => true);
    expect(await tapSwitch.markUnchanged("many", LAST(2))).to.equal(true);
    await ovs.ofctl("--strict", "del-flows", "br-tap", "table=1,priority=1777,udp,tp_dst=1776");
    expect(await tapSwitch.markUnchanged("many", LAST(3))).to.equal(false);
  });
});

describe("a tap bridge whose management socket cannot be had", () => {
  it("has its rules written as if nothing were known of them", async () => {
    for (const open of [async () => undefined, () => Promise.reject(new Error("refused"))]) {
      const tapSwitch = new TapSwitch(open);
      await tapSwitch.remember(RULES, async () => true);
      expect(await tapSwitch.markUnchanged(RULES, LAST(2))).to.equal(false);
    }
  });
});
