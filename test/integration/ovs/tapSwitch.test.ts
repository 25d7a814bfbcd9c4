import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { expect } from "chai";
import fc from "fast-check";
import { meterSpecs } from "../../../provider/converge/pushRules";
import type { Rule } from "../../../provider/model/desired";
import { compileFilter } from "../../../provider/model/filter/compile";
import { is } from "../../../provider/model/match";
import { diffFlows } from "../../../provider/ovs/diffFlows";
import { dumpFlows } from "../../../provider/ovs/dumpFlows";
import { readFragments } from "../../../provider/ovs/fragments";
import {
  compareMeters,
  deleteMeters,
  dumpMeters,
  type MeterSpec,
  putMeters,
  readMeters,
} from "../../../provider/ovs/meters";
import { TapSwitch } from "../../../provider/ovs/tapSwitch";
import { flowText } from "../../../provider/plan/flowText";
import { distinctRules, markRule, numberRule, tapRules } from "../../../provider/plan/numberRules";
import { SEED } from "../../seed";
import { arbitraryRules } from "../../unit/filter/arbitraryRules";
import { GOLDEN_FILES, readGolden, renderGolden } from "../../unit/model/goldenHost";
import { PrivateOvs } from "./privateOvs";

/** Three rules, of which the one for TCP is told. */
function rulesWith(tcp: { port?: number; priority?: number; cookie?: bigint } = {}): Rule<number>[] {
  const { port = 443, priority = 100, cookie = 0x7a70_0000_0000_00bbn } = tcp;
  const rule = { table: 1, priority: 0, cookie: 0x7a70_0000_0000_00bbn, match: [], actions: [], owners: [] };
  const https = [is("eth_type", 0x800), is("ip_proto", 6), is("tcp_dst", port)];
  return [
    { ...rule, table: 0, priority: 100, cookie: 0x7a70_0000_0000_00aan, inPort: 5, actions: [{ goto: 1 }] },
    { ...rule, priority, cookie, match: https, actions: [{ output: 5 }] },
    rule,
  ];
}

const RULES = rulesWith();

function marked(rules: readonly Rule<number>[], generation: number): Rule<number>[] {
  return [markRule(generation), ...rules];
}

const yes = async () => true;

describe("a tap bridge that is spoken to by OpenFlow", function () {
  this.timeout(60_000);
  let ovs: PrivateOvs;
  let tapSwitch: TapSwitch;
  const streams: Socket[] = [];
  let starts = 0;

  before(async () => {
    ovs = await PrivateOvs.start();
    const settings = ["datapath_type=netdev", "fail_mode=secure"];
    await ovs.vsctl("add-br", "br-tap", "--", "set", "Bridge", "br-tap", ...settings);
    for (const port of ["5", "6"]) {
      const nic = ["--", "set", "Interface", `p${port}`, "type=dummy", `ofport_request=${port}`];
      await ovs.vsctl("add-port", "br-tap", `p${port}`, ...nic);
    }
  });

  beforeEach(async () => {
    await ovs.ofctl("del-flows", "br-tap");
    tapSwitch = new TapSwitch(open);
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

  async function startAgain(): Promise<void> {
    await ovs.startVswitchd();
    // Any change: ovs-vsctl waits until ovs-vswitchd has put it into effect.
    await ovs.vsctl("set", "Bridge", "br-tap", `external_ids:started=${starts++}`);
  }

  const target = () => ({ run: ovs.run, bridge: "br-tap" });
  const guard = { bridge: "br-tap", key: "taas-generation", generation: "0", ofports: {} };

  async function writeText(text: string): Promise<void> {
    const argv = ["ovs-ofctl", "-O", "OpenFlow14", "--bundle", "replace-flows", "br-tap", "-"];
    expect(await ovs.run(argv, { input: text })).to.include({ exitCode: 0 });
  }

  const writeByCommand = (rules: readonly Rule<number>[]) => writeText(flowText(rules));

  async function expectSame(rules: readonly Rule<number>[]): Promise<void> {
    const text = flowText(rules);
    expect(await diffFlows(target(), text)).to.deep.equal({ missing: [], unexpected: [] });
    expect(await tapSwitch.has(rules), text).to.equal(true);
  }

  describe("gets the very rules that ovs-ofctl makes of their text, and knows them again", () => {
    for (const file of GOLDEN_FILES) {
      it(`of ${file}`, async () => {
        const golden = readGolden(file);
        const { desired, facts } = renderGolden(golden);
        const meters = meterSpecs(desired, facts, golden.tapBridge);
        await putMeters(target(), compareMeters(await dumpMeters(target()), meters), guard);
        const rules = tapRules(desired, facts, golden.tapBridge, 7);
        expect(await tapSwitch.replace(rules, yes)).to.equal("written");
        await expectSame(rules);
        await ovs.ofctl("del-flows", "br-tap");
        await writeByCommand(rules);
        expect(await tapSwitch.has(rules)).to.equal(true);
        await deleteMeters(
          target(),
          meters.map(({ id }) => id),
          guard,
        );
      });
    }

    it("of generated filters", async () => {
      const vlans = [{ kind: "keep" }, { kind: "strip" }, { kind: "native", vlan: 100 }] as const;
      for (const [index, filter] of fc.sample(arbitraryRules, { numRuns: 120, seed: SEED }).entries()) {
        const entries = compileFilter(filter, undefined, { vlan: vlans[index % 3]! });
        const all = entries.map(({ priority, match, verdict }): Rule => {
          const actions = verdict === "accept" ? [{ goto: 2 }] : [];
          const rule = { table: 1, priority: priority + 100, cookie: 0xbn, inPort: "mt-1", owners: [] };
          return { ...rule, match, actions };
        });
        const rules = distinctRules(all).map((rule) => numberRule(rule, new Map([["mt-1", 5]]))!);
        expect(await tapSwitch.replace(marked(rules, index), yes)).to.equal("written");
        await expectSame(marked(rules, index));
      }
    });

    it("of which there are many", async () => {
      const udp = (port: number): Rule<number> => ({
        ...{ table: 1, priority: port + 1, cookie: 0xbbn, actions: [{ output: 5 }], owners: [] },
        match: [is("eth_type", 0x800), is("ip_proto", 17), is("udp_dst", port)],
      });
      const rules = marked(
        Array.from({ length: 3000 }, (_, port) => udp(port)),
        1,
      );
      expect(await tapSwitch.replace(rules, yes)).to.equal("written");
      await expectSame(rules);
      await ovs.ofctl("--strict", "del-flows", "br-tap", "table=1,priority=1777,udp,tp_dst=1776");
      expect(await tapSwitch.has(rules)).to.equal(false);
    });
  });

  const changes: [string, () => Promise<unknown>][] = [
    ["a rule is removed", () => ovs.ofctl("--strict", "del-flows", "br-tap", "table=1,priority=0")],
    ["a rule is added", () => ovs.ofctl("add-flow", "br-tap", "table=3,priority=9,actions=drop")],
    [
      "a rule is added beside the mark",
      () => ovs.ofctl("add-flow", "br-tap", "priority=0,in_port=6,actions=5"),
    ],
    ["a rule does something else", () => ovs.ofctl("mod-flows", "br-tap", "table=0,in_port=5,actions=drop")],
    ["a rule matches something else", () => writeByCommand(marked(rulesWith({ port: 444 }), 1))],
    ["a rule has another priority", () => writeByCommand(marked(rulesWith({ priority: 101 }), 1))],
    [
      "a rule has another cookie",
      () => writeByCommand(marked(rulesWith({ cookie: 0x7a70_0000_0000_00bcn }), 1)),
    ],
    [
      "a rule is to end",
      () =>
        writeText(
          flowText(marked(RULES, 1)).replace("priority=100,tcp", "hard_timeout=900,priority=100,tcp"),
        ),
    ],
    ["the mark is another", () => writeByCommand(marked(RULES, 3))],
    ["all rules are gone", () => ovs.ofctl("del-flows", "br-tap")],
    ["fragments are handled otherwise", () => ovs.ofctl("set-frags", "br-tap", "normal")],
  ];
  for (const [title, change] of changes) {
    it(`is seen to be another, and is put right, when ${title}`, async () => {
      await tapSwitch.replace(marked(RULES, 1), yes);
      await change();
      expect(await tapSwitch.has(marked(RULES, 1))).to.equal(false);
      expect(await tapSwitch.replace(marked(RULES, 1), yes)).to.equal("written");
      await expectSame(marked(RULES, 1));
      expect(await readFragments(target())).to.equal("nx-match");
    });
  }

  it("keeps the counters of rules that stay", async () => {
    await tapSwitch.replace(marked(RULES, 1), yes);
    const frame =
      "in_port(1),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),ipv4(src=192.0.2.1,dst=192.0.2.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)";
    await ovs.appctl("netdev-dummy/receive", "p5", frame);
    await ovs.appctl("revalidator/wait");
    await tapSwitch.replace(marked(rulesWith({ port: 444 }), 2), yes);
    const flows = await dumpFlows(target());
    expect(flows.find(({ cookie }) => cookie === 0x7a70_0000_0000_00aan)).to.include({ packets: 1n });
  });

  it("is only read when it has all its rules, and its writer is told whether those are still right", async () => {
    await tapSwitch.replace(marked(RULES, 1), yes);
    const sent = () => streams.at(-1)!.bytesWritten;
    const before = sent();
    await tapSwitch.read();
    const reading = sent() - before;
    for (const [held, outcome] of [
      [true, "written"],
      [false, "moved"],
    ] as const) {
      let asked = 0;
      const holds = async () => {
        asked++;
        return held;
      };
      const from = sent();
      expect(await tapSwitch.replace(marked(RULES, 1), holds)).to.equal(outcome);
      expect([asked, sent() - from]).to.deep.equal([1, reading]);
    }
  });

  describe("is left to another writer", () => {
    const OTHER = marked(rulesWith({ port: 8443 }), 2);

    it("who was there before", async () => {
      await writeByCommand(OTHER);
      expect(await tapSwitch.replace(marked(RULES, 1), async () => false)).to.equal("moved");
      await expectSame(OTHER);
    });

    it("who comes between the look and the writing", async () => {
      await tapSwitch.replace(marked(RULES, 1), yes);
      const holds = async () => {
        await writeByCommand(OTHER);
        return true;
      };
      expect(await tapSwitch.replace(marked(rulesWith({ port: 444 }), 1), holds)).to.equal("moved");
      await expectSame(OTHER);
    });

    it("who comes between an earlier look and the writing", async () => {
      await tapSwitch.replace(marked(RULES, 1), yes);
      const early = await tapSwitch.read();
      await writeByCommand(OTHER);
      expect(await tapSwitch.replace(marked(rulesWith({ port: 444 }), 1), yes, early)).to.equal("moved");
      await expectSame(OTHER);
    });

    it("who is the first to write there", async () => {
      const holds = async () => {
        await writeByCommand(OTHER);
        return true;
      };
      expect(await tapSwitch.replace(marked(RULES, 1), holds)).to.equal("moved");
      await expectSame(OTHER);
    });

    it("who comes right after the writing", async () => {
      const answers = [true, false];
      expect(await tapSwitch.replace(marked(RULES, 1), async () => answers.shift()!)).to.equal("moved");
    });
  });

  it("tells of its meters as ovs-ofctl does, but for that of packets to controllers", async () => {
    const capped = (meter: number): Rule<number> => ({ ...RULES[1]!, actions: [{ meter }, { goto: 2 }] });
    const wanted: MeterSpec[] = [
      { id: 5, unit: "pktps", rate: 100, burst: 10 },
      { id: 6, unit: "kbps", rate: 1000, burst: 525 },
    ];
    const present = async () => readMeters((await tapSwitch.read())!.meters);
    await ovs.ofctl(
      "add-meter",
      "br-tap",
      "meter=controller,pktps,burst,stats,band=type=drop,rate=9,burst_size=9",
    );
    expect(await putMeters(target(), compareMeters(await present(), wanted), guard)).to.equal(true);
    expect(await present()).to.deep.equal(await dumpMeters(target()));
    expect(compareMeters(await present(), wanted)).to.deep.equal({
      missing: [],
      altered: [],
      unexpected: [],
    });
    const before = await tapSwitch.state();
    await ovs.ofctl("mod-meter", "br-tap", "meter=6,kbps,burst,stats,band=type=drop,rate=999,burst_size=525");
    expect(await tapSwitch.state(), "the bridge's state with another rate").not.to.equal(before);
    expect(compareMeters(await present(), wanted).altered).to.deep.equal([wanted[1]]);
    expect(await tapSwitch.replace(marked([capped(5)], 2), yes)).to.equal("written");
    await expectSame(marked([capped(5)], 2));
    expect(await tapSwitch.replace(marked([capped(7)], 3), yes), "a meter that is not there").to.equal(
      undefined,
    );
    await deleteMeters(target(), [5, 6], guard);
    await ovs.ofctl("del-meter", "br-tap", "meter=controller");
  });

  it("is left to ovs-ofctl when the bridge refuses, and has all that it had", async () => {
    await tapSwitch.replace(marked(RULES, 1), yes);
    const backwards: Rule<number> = { ...RULES[2]!, table: 2, priority: 5, actions: [{ goto: 1 }] };
    const refused = [...RULES, backwards];
    expect(await tapSwitch.replace(marked(refused, 2), yes)).to.equal(undefined);
    await expectSame(marked(RULES, 1));
  });

  describe("whose ovs-vswitchd ends, and its rules with it,", () => {
    it("gets all of them again, though it had some when it was read", async () => {
      await tapSwitch.replace(marked(RULES, 1), yes);
      const early = await tapSwitch.read();
      await ovs.stopVswitchd();
      await startAgain();
      expect(await tapSwitch.replace(marked(RULES, 2), yes, early)).to.equal("written");
      await expectSame(marked(RULES, 2));
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
      await expectSame(marked(RULES, 5));
    });
  });

  it("is asked anew when ovs-vswitchd has restarted", async () => {
    await tapSwitch.replace(marked(RULES, 1), yes);
    await ovs.stopVswitchd();
    expect(await tapSwitch.replace(marked(RULES, 2), yes), "nobody answers").to.equal(undefined);
    await startAgain();
    expect(await tapSwitch.has(marked(RULES, 1)), "it has no rules").to.equal(false);
    expect(await tapSwitch.replace(marked(RULES, 3), yes)).to.equal("written");
    await expectSame(marked(RULES, 3));
  });
});

describe("a tap bridge whose management socket cannot be had", () => {
  it("is left to ovs-ofctl", async () => {
    for (const open of [async () => undefined, () => Promise.reject(new Error("refused"))]) {
      const tapSwitch = new TapSwitch(open);
      expect(await tapSwitch.replace(marked(RULES, 1), yes)).to.equal(undefined);
      expect(await tapSwitch.has(marked(RULES, 1))).to.equal(undefined);
      expect(await tapSwitch.state()).to.equal(undefined);
    }
  });
});
