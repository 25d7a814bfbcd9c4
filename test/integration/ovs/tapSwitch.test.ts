import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { expect } from "chai";
import fc from "fast-check";
import { compileFilter } from "../../../provider/model/filter/compile";
import { matchText } from "../../../provider/model/matchText";
import { diffFlows } from "../../../provider/ovs/diffFlows";
import { dumpFlows } from "../../../provider/ovs/dumpFlows";
import { readFragments } from "../../../provider/ovs/fragments";
import { TapSwitch } from "../../../provider/ovs/tapSwitch";
import { repositoryRoot } from "../../engine/fixtureProject";
import { SEED } from "../../seed";
import { arbitraryRules } from "../../unit/filter/arbitraryRules";
import { PrivateOvs } from "./privateOvs";

const RULES = [
  "cookie=0x7a700000000000aa,table=0,priority=100,in_port=5,actions=goto_table:1",
  "cookie=0x7a700000000000bb,table=1,priority=100,tcp,tp_dst=443,actions=output:5",
  "cookie=0x7a700000000000bb,table=1,priority=0,actions=drop",
].join("\n");

function marked(rules: string, generation: number): string {
  return `cookie=0x${(0x7a70_0000_0000_0000n | BigInt(generation)).toString(16)},table=0,priority=0,actions=drop\n${rules}\n`;
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

  async function writeByCommand(text: string): Promise<void> {
    const argv = ["ovs-ofctl", "-O", "OpenFlow14", "--bundle", "replace-flows", "br-tap", "-"];
    expect(await ovs.run(argv, { input: text })).to.include({ exitCode: 0 });
  }

  async function expectSame(text: string): Promise<void> {
    expect(await diffFlows(target(), text)).to.deep.equal({ missing: [], unexpected: [] });
    expect(await tapSwitch.has(text), text).to.equal(true);
  }

  describe("gets the very rules that ovs-ofctl makes of a text, and knows them again", () => {
    const folder = join(repositoryRoot(), "test/unit/model/golden");
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
      it(`of ${file}`, async () => {
        const golden = JSON.parse(readFileSync(join(folder, file), "utf8"));
        const lines: string[] = golden.expected.flows;
        const text = `${lines.filter((line) => !line.includes("meter:")).join("\n")}\n`;
        expect(await tapSwitch.replace(text, yes)).to.equal("written");
        await expectSame(text);
        await ovs.ofctl("del-flows", "br-tap");
        await writeByCommand(text);
        expect(await tapSwitch.has(text)).to.equal(true);
      });
    }

    it("of generated filters", async () => {
      const vlans = [{ kind: "keep" }, { kind: "strip" }, { kind: "native", vlan: 100 }] as const;
      for (const [index, rules] of fc.sample(arbitraryRules, { numRuns: 120, seed: SEED }).entries()) {
        const flows = compileFilter(rules, undefined, { vlan: vlans[index % 3]! });
        const lines = flows.map(({ priority, match, verdict }) => {
          const fields = [
            "cookie=0xb",
            "table=1",
            `priority=${priority + 100}`,
            "in_port=5",
            ...matchText(match),
          ];
          return `${fields.join(",")},actions=${verdict === "accept" ? "goto_table:2" : "drop"}`;
        });
        const places = new Map(lines.map((line) => [line.replace(/actions=.*/, ""), line]));
        const text = marked([...places.values()].join("\n"), index);
        expect(await tapSwitch.replace(text, yes)).to.equal("written");
        await expectSame(text);
      }
    });

    it("of which there are many", async () => {
      const line = (port: number) =>
        `cookie=0xbb,table=1,priority=${port + 1},udp,tp_dst=${port},actions=output:5`;
      const many = Array.from({ length: 3000 }, (_, port) => line(port));
      const text = marked(many.join("\n"), 1);
      expect(await tapSwitch.replace(text, yes)).to.equal("written");
      await expectSame(text);
      await ovs.ofctl("--strict", "del-flows", "br-tap", "table=1,priority=1777,udp,tp_dst=1776");
      expect(await tapSwitch.has(text)).to.equal(false);
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
    ["a rule matches something else", () => writeByCommand(marked(RULES.replace("443", "444"), 1))],
    ["a rule has another priority", () => writeByCommand(marked(RULES.replace("100,tcp", "101,tcp"), 1))],
    ["a rule has another cookie", () => writeByCommand(marked(RULES.replace("bb,", "bc,"), 1))],
    [
      "a rule is to end",
      () => writeByCommand(marked(RULES.replace("priority=100,tcp", "hard_timeout=900,priority=100,tcp"), 1)),
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
    await tapSwitch.replace(marked(RULES.replace("443", "444"), 2), yes);
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
    const OTHER = marked(RULES.replace("443", "8443"), 2);

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
      expect(await tapSwitch.replace(marked(RULES.replace("443", "444"), 1), holds)).to.equal("moved");
      await expectSame(OTHER);
    });

    it("who comes between an earlier look and the writing", async () => {
      await tapSwitch.replace(marked(RULES, 1), yes);
      const early = await tapSwitch.read();
      await writeByCommand(OTHER);
      expect(await tapSwitch.replace(marked(RULES.replace("443", "444"), 1), yes, early)).to.equal("moved");
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

  it("is left to ovs-ofctl when a text has what only that can write, or two rules for one place", async () => {
    await tapSwitch.replace(marked(RULES, 1), yes);
    const odd = [
      "cookie=0x1,table=1,priority=5,actions=meter:1,goto_table:2",
      "cookie=0x1,table=1,priority=5,ct_state=+trk,actions=drop",
      "cookie=0x1,table=1,priority=5,tp_dst=1,actions=drop",
      "cookie=0x1,table=1,priority=5,dl_vlan=4096,actions=drop",
      "cookie=0x1,table=1,priority=5,nw_src=10.0.0.1/24,ip,actions=drop",
      "cookie=0x2,table=1,priority=100,tp_dst=0x1bb,tcp,actions=drop",
      "not a rule",
    ];
    for (const line of odd) {
      expect(await tapSwitch.replace(marked(`${RULES}\n${line}`, 2), yes), line).to.equal(undefined);
      expect(await tapSwitch.has(marked(`${RULES}\n${line}`, 2)), line).to.equal(undefined);
    }
    await expectSame(marked(RULES, 1));
  });

  it("is left to ovs-ofctl when the bridge refuses, and has all that it had", async () => {
    await tapSwitch.replace(marked(RULES, 1), yes);
    const refused = `${RULES}\ncookie=0x1,table=2,priority=5,actions=goto_table:1`;
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
