import { expect } from "chai";
import type { Desired, Rule } from "../../../provider/model/desired";
import { flowText, ruleText } from "../../../provider/plan/flowText";
import { tapRules } from "../../../provider/plan/numberRules";
import { portNumbers, reliedPorts } from "../../../provider/plan/portNumbers";
import { observed, rowId } from "../model/observed";

/** A monitor with a number on the tap bridge, and a port of each bridge with the same number. */
const facts = observed(
  { name: "br-int", ports: [{ name: "tap-web" }, { name: "mo-1" }] },
  { name: "br-tap", ports: [{ name: "mt-1" }, { name: "tap-mon", nic: { ofport: 30_002 } }] },
);

const rule = (inPort: string, output: string): Rule => ({
  ...{ table: 0, priority: 1, cookie: 1n, inPort, match: [], actions: [{ output }], owners: ["o"] },
});

const desired: Desired = {
  ports: [],
  mirrors: [],
  placements: [],
  coming: [],
  monitors: [],
  keeper: "unwanted",
  rules: [rule("mt-1", "tap-mon"), rule("tap-web", "tap-mon")],
  meters: [],
  foreignRules: [{ ...rule("mo-1", "tap-mon"), bridge: "br-int" }],
  problems: [],
};

describe("the numbers that rules are written with", () => {
  it("are those of the rule's own bridge: a port of another bridge has none there", () => {
    const [rule] = desired.foreignRules;
    expect(ruleText(rule!, portNumbers(facts, "br-int"))).to.match(/in_port=2,actions=drop$/);
    expect(ruleText(rule!, portNumbers(facts, "br-tap"))).to.equal(undefined);
    expect(portNumbers(facts, "br-gone").size).to.equal(0);
    expect(flowText(tapRules(desired, facts, "br-tap", 1))).to.match(
      /^[^\n]*priority=0,actions=drop\n[^\n]*in_port=1,actions=output:30002\n$/,
    );
  });

  it("are those of the existing outputs: a monitor without a device takes no copies from the others", () => {
    const text = (...actions: Rule["actions"]) => {
      const copies: Rule = { ...rule("mt-1", "tap-mon"), actions };
      return ruleText(copies, portNumbers(facts, "br-tap"))!.replace(/^.*actions=/, "");
    };
    const [there, gone] = [{ output: "tap-mon" }, { output: "tap-gone" }];
    const cut = (one: { output: string }) => ({ ...one, maxLength: 100 });
    expect(text(there, gone)).to.equal("output:30002");
    expect(text("pop_vlan", gone, there)).to.equal("pop_vlan,output:30002");
    expect(text(cut(there), cut(gone))).to.equal("clone(output(port=30002,max_len=100)),exit");
    expect(text("pop_vlan", gone)).to.equal("drop");
    expect(text({ meter: "mt-gone" }, there)).to.equal("drop");
  });

  it("are guarded on every bridge that a rule is for", () => {
    expect(reliedPorts(desired, facts, "br-tap")).to.deep.equal({
      [rowId("Interface", "mt-1")]: 1,
      [rowId("Interface", "tap-mon")]: 30_002,
      [rowId("Interface", "mo-1")]: 2,
    });
  });
});
