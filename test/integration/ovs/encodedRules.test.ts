import { expect } from "chai";
import fc from "fast-check";
import { meterSpecs } from "../../../provider/converge/pushRules";
import type { Rule } from "../../../provider/model/desired";
import { compileFilter } from "../../../provider/model/filter/compile";
import { filterOf } from "../../../provider/model/filter/filterOf";
import { is } from "../../../provider/model/match";
import {
  compareMeters,
  deleteMeters,
  dumpMeters,
  type MeterSpec,
  putMeters,
  readMeters,
} from "../../../provider/ovs/meters";
import type { TapSwitch } from "../../../provider/ovs/tapSwitch";
import { distinctRules, numberRule, tapRules } from "../../../provider/plan/numberRules";
import { SEED } from "../../seed";
import { arbitraryRules } from "../../unit/filter/arbitraryRules";
import { GOLDEN_FILES, readGolden, renderGolden } from "../../unit/model/goldenHost";
import { PrivateOvs } from "./privateOvs";
import { TapBridge, yes } from "./tapBridge";
import { marked, RULES } from "./threeRules";

describe("a tap bridge that is accessed over OpenFlow", function () {
  this.timeout(60_000);
  let ovs: PrivateOvs;
  let bridge: TapBridge;
  let tapSwitch: TapSwitch;

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

  const guard = { bridge: "br-tap", key: "taas-generation", generation: "0", ofports: {} };

  describe("gets the very rules that ovs-ofctl creates from their text, and recognises them", () => {
    for (const file of GOLDEN_FILES) {
      it(`of ${file}`, async () => {
        const golden = readGolden(file);
        const { desired, facts } = renderGolden(golden);
        const meters = meterSpecs(desired, facts, golden.tapBridge);
        await putMeters(bridge.target, compareMeters(await dumpMeters(bridge.target), meters), guard);
        const rules = tapRules(desired, facts, golden.tapBridge, 7);
        expect(await tapSwitch.replace(rules, yes)).to.equal("written");
        await bridge.expectSame(rules);
        await ovs.ofctl("del-flows", "br-tap");
        await bridge.writeByCommand(rules);
        expect(await tapSwitch.has(rules)).to.equal(true);
        await deleteMeters(
          bridge.target,
          meters.map(({ id }) => id),
          guard,
        );
      });
    }

    it("of generated filters", async () => {
      const vlans = [{ kind: "keep" }, { kind: "strip" }, { kind: "native", vlan: 100 }] as const;
      for (const [index, filter] of fc.sample(arbitraryRules, { numRuns: 120, seed: SEED }).entries()) {
        const entries = compileFilter(filterOf({ filter }), { vlan: vlans[index % 3]! });
        const all = entries.map(({ priority, match, verdict }): Rule => {
          const actions = verdict === "accept" ? [{ goto: 2 }] : [];
          const rule = { table: 1, priority: priority + 100, cookie: 0xbn, inPort: "mt-1", owners: [] };
          return { ...rule, match, actions };
        });
        const rules = distinctRules(all).map((rule) => numberRule(rule, new Map([["mt-1", 5]]))!);
        expect(await tapSwitch.replace(marked(rules, index), yes)).to.equal("written");
        await bridge.expectSame(marked(rules, index));
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
      await bridge.expectSame(rules);
      await ovs.ofctl("--strict", "del-flows", "br-tap", "table=1,priority=1777,udp,tp_dst=1776");
      expect(await tapSwitch.has(rules)).to.equal(false);
    });
  });

  it("reports its meters as ovs-ofctl does, except for that of packets to controllers", async () => {
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
    expect(await putMeters(bridge.target, compareMeters(await present(), wanted), guard)).to.equal(true);
    expect(await present()).to.deep.equal(await dumpMeters(bridge.target));
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
    await bridge.expectSame(marked([capped(5)], 2));
    expect(await tapSwitch.replace(marked([capped(7)], 3), yes), "a meter that is not there").to.equal(
      undefined,
    );
    await deleteMeters(bridge.target, [5, 6], guard);
    await ovs.ofctl("del-meter", "br-tap", "meter=controller");
  });
});
