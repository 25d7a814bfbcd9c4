import { expect } from "chai";
import type { Rule } from "../../../provider/model/desired";
import { dumpFlows } from "../../../provider/ovs/dumpFlows";
import { readFragments } from "../../../provider/ovs/fragments";
import { type TapReading, TapSwitch } from "../../../provider/ovs/tapSwitch";
import { flowText } from "../../../provider/plan/flowText";
import { PrivateOvs } from "./privateOvs";
import { TapBridge, yes } from "./tapBridge";
import { marked, RULES, rulesWith } from "./threeRules";

describe("a tap bridge that is accessed over OpenFlow", function () {
  this.timeout(60_000);
  let ovs: PrivateOvs;
  let bridge: TapBridge;
  let tapSwitch: TapSwitch;
  let starts = 0;

  before(async () => {
    ovs = await PrivateOvs.start();
    bridge = await TapBridge.add(ovs);
  });

  beforeEach(async () => {
    tapSwitch = await bridge.empty();
  });

  after(async () => {
    bridge?.close();
    await ovs?.stop();
  });

  async function startAgain(): Promise<void> {
    await ovs.startVswitchd();
    // Any change: ovs-vsctl waits until ovs-vswitchd has put it into effect.
    await ovs.vsctl("set", "Bridge", "br-tap", `external_ids:started=${starts++}`);
  }

  const changes: [string, () => Promise<unknown>][] = [
    ["a rule is removed", () => ovs.ofctl("--strict", "del-flows", "br-tap", "table=1,priority=0")],
    ["a rule is added", () => ovs.ofctl("add-flow", "br-tap", "table=3,priority=9,actions=drop")],
    [
      "a rule is added beside the mark",
      () => ovs.ofctl("add-flow", "br-tap", "priority=0,in_port=6,actions=5"),
    ],
    ["a rule does something else", () => ovs.ofctl("mod-flows", "br-tap", "table=0,in_port=5,actions=drop")],
    ["a rule matches something else", () => bridge.writeByCommand(marked(rulesWith({ port: 444 }), 1))],
    ["a rule has another priority", () => bridge.writeByCommand(marked(rulesWith({ priority: 101 }), 1))],
    [
      "a rule has another cookie",
      () => bridge.writeByCommand(marked(rulesWith({ cookie: 0x7a70_0000_0000_00bcn }), 1)),
    ],
    [
      "a rule is to end",
      () =>
        bridge.writeText(
          flowText(marked(RULES, 1)).replace("priority=100,tcp", "hard_timeout=900,priority=100,tcp"),
        ),
    ],
    ["the mark is another", () => bridge.writeByCommand(marked(RULES, 3))],
    ["all rules are gone", () => ovs.ofctl("del-flows", "br-tap")],
    ["fragments are handled otherwise", () => ovs.ofctl("set-frags", "br-tap", "normal")],
  ];
  for (const [title, change] of changes) {
    it(`is found to differ, and is corrected, when ${title}`, async () => {
      await tapSwitch.replace(marked(RULES, 1), yes);
      await change();
      expect(await tapSwitch.has(marked(RULES, 1))).to.equal(false);
      expect(await tapSwitch.replace(marked(RULES, 1), yes)).to.equal("written");
      await bridge.expectSame(marked(RULES, 1));
      expect(await readFragments(bridge.target)).to.equal("nx-match");
    });
  }

  it("keeps the counters of rules that stay", async () => {
    await tapSwitch.replace(marked(RULES, 1), yes);
    const frame =
      "in_port(1),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=192.0.2.1,dst=192.0.2.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)";
    await ovs.appctl("netdev-dummy/receive", "p5", frame);
    await ovs.appctl("revalidator/wait");
    await tapSwitch.replace(marked(rulesWith({ port: 444 }), 2), yes);
    const flows = await dumpFlows(bridge.target);
    expect(flows.find(({ cookie }) => cookie === 0x7a70_0000_0000_00aan)).to.include({ packets: 1n });
  });

  it("is only read when it has all its rules, and its writer is told whether those are still right", async () => {
    await tapSwitch.replace(marked(RULES, 1), yes);
    const before = bridge.sent();
    await tapSwitch.read();
    const reading = bridge.sent() - before;
    for (const [held, outcome] of [
      [true, "same"],
      [false, "moved"],
    ] as const) {
      let asked = 0;
      const holds = async () => {
        asked++;
        return held;
      };
      const from = bridge.sent();
      expect(await tapSwitch.replace(marked(RULES, 1), holds)).to.equal(outcome);
      expect([asked, bridge.sent() - from]).to.deep.equal([1, reading]);
    }
  });

  describe("is left to another writer", () => {
    const OTHER = marked(rulesWith({ port: 8443 }), 2);

    it("who was there before", async () => {
      await bridge.writeByCommand(OTHER);
      expect(await tapSwitch.replace(marked(RULES, 1), async () => false)).to.equal("moved");
      await bridge.expectSame(OTHER);
    });

    it("who writes between the read and the write", async () => {
      await tapSwitch.replace(marked(RULES, 1), yes);
      const holds = async () => {
        await bridge.writeByCommand(OTHER);
        return true;
      };
      expect(await tapSwitch.replace(marked(rulesWith({ port: 444 }), 1), holds)).to.equal("moved");
      await bridge.expectSame(OTHER);
    });

    it("who writes between an earlier read and the write", async () => {
      await tapSwitch.replace(marked(RULES, 1), yes);
      const early = await tapSwitch.read();
      await bridge.writeByCommand(OTHER);
      expect(await tapSwitch.replace(marked(rulesWith({ port: 444 }), 1), yes, early)).to.equal("moved");
      await bridge.expectSame(OTHER);
    });

    it("who is the first to write there", async () => {
      const holds = async () => {
        await bridge.writeByCommand(OTHER);
        return true;
      };
      expect(await tapSwitch.replace(marked(RULES, 1), holds)).to.equal("moved");
      await bridge.expectSame(OTHER);
    });

    it("who writes right after the write", async () => {
      const answers = [true, false];
      expect(await tapSwitch.replace(marked(RULES, 1), async () => answers.shift()!)).to.equal("moved");
    });
  });

  it("is left to ovs-ofctl when the bridge refuses, and has all that it had", async () => {
    await tapSwitch.replace(marked(RULES, 1), yes);
    const backwards: Rule<number> = { ...RULES[2]!, table: 2, priority: 5, actions: [{ goto: 1 }] };
    const refused = [...RULES, backwards];
    expect(await tapSwitch.replace(marked(refused, 2), yes)).to.equal(undefined);
    await bridge.expectSame(marked(RULES, 1));
  });

  describe("whose ovs-vswitchd ends, and its rules with it,", () => {
    it("gets all of them again, although it had some when it was read", async () => {
      await tapSwitch.replace(marked(RULES, 1), yes);
      const early = await tapSwitch.read();
      await ovs.stopVswitchd();
      await startAgain();
      const readings: TapReading[] = [];
      const rulesOn = async (reading: TapReading) => {
        readings.push(reading);
        return marked(RULES, 2);
      };
      expect(await tapSwitch.replace(rulesOn, yes, early)).to.equal("written");
      expect(early!.flows.size).to.equal(RULES.length + 1);
      expect(readings.map(({ flows }) => flows.size)).to.deep.equal([0]);
      await bridge.expectSame(marked(RULES, 2));
    });

    it("gets no bundle that was prepared from what it had", async () => {
      await tapSwitch.replace(marked(RULES, 1), yes);
      const holds = async () => {
        await ovs.stopVswitchd();
        await startAgain();
        // Another operation has a bundle open there by now, which bears the same number.
        await tapSwitch.replace(marked(RULES, 5), yes);
        return true;
      };
      expect(await tapSwitch.replace(marked(RULES, 2), holds)).to.equal(undefined);
      await bridge.expectSame(marked(RULES, 5));
    });
  });

  it("is read again when ovs-vswitchd has restarted", async () => {
    await tapSwitch.replace(marked(RULES, 1), yes);
    await ovs.stopVswitchd();
    expect(await tapSwitch.replace(marked(RULES, 2), yes), "nobody answers").to.equal(undefined);
    await startAgain();
    expect(await tapSwitch.has(marked(RULES, 1)), "it has no rules").to.equal(false);
    expect(await tapSwitch.replace(marked(RULES, 3), yes)).to.equal("written");
    await bridge.expectSame(marked(RULES, 3));
  });
});

describe("a tap bridge whose management socket cannot be used", () => {
  it("is left to ovs-ofctl", async () => {
    for (const open of [async () => undefined, () => Promise.reject(new Error("refused"))]) {
      const tapSwitch = new TapSwitch(open);
      expect(await tapSwitch.replace(marked(RULES, 1), yes)).to.equal(undefined);
      expect(await tapSwitch.has(marked(RULES, 1))).to.equal(undefined);
      expect(await tapSwitch.state()).to.equal(undefined);
    }
  });
});
