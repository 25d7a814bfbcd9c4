import { expect } from "chai";
import type { Action, Rule } from "../../../provider/model/desired";
import { is } from "../../../provider/model/match";
import { ruleText } from "../../../provider/plan/flowText";

const numbers = new Map([
  ["mt-1", 3],
  ["tap-a", 4],
  ["tap-b", 5],
]);

function textOf(actions: Action[], more: Partial<Rule> = {}): string | undefined {
  const rule = { table: 2, priority: 100, cookie: 0x7a70n, inPort: "mt-1", match: [], owners: [] };
  return ruleText({ ...rule, actions, ...more }, numbers)?.replace(/^.*actions=/, "");
}

describe("the text of a rule", () => {
  it("keeps a length limit within a clone, followed by something", () => {
    const cut = { output: "tap-a", maxLength: 60 };
    expect(textOf([cut])).to.equal("clone(output(port=4,max_len=60)),exit");
    expect(textOf(["pop_vlan", cut, { output: "tap-b", maxLength: 70 }])).to.equal(
      "pop_vlan,clone(output(port=4,max_len=60)),clone(output(port=5,max_len=70)),exit",
    );
    expect(textOf([{ output: "tap-a" }])).to.equal("output:4");
  });

  it("names the meter by the port its copies arrive on", () => {
    expect(textOf([{ meter: "mt-1" }, { goto: 2 }])).to.equal("meter:3,goto_table:2");
  });

  it("lets a bundle output a copy, or only say which port would", () => {
    const bundle = { bundle: "failover" as const, members: ["tap-a", "gone", "tap-b"] };
    expect(textOf([bundle])).to.equal("bundle(eth_src,0,active_backup,ofport,members:4,5)");
    expect(textOf([{ ...bundle, into: "reg2" }, { goto: 3 }])).to.equal(
      "bundle_load(eth_src,0,active_backup,ofport,NXM_NX_REG2[],members:4,5),goto_table:3",
    );
  });

  it("matches the number of a port that a register holds, as long as there is such a port", () => {
    const holds = (port: string) => ({
      holds: { register: "reg2" as const, port },
      match: [is("reg1", 0x3c)],
    });
    const rule = {
      table: 3,
      priority: 100,
      cookie: 0n,
      match: [],
      owners: [],
      actions: ["pop_vlan" as const],
    };
    expect(ruleText({ ...rule, ...holds("tap-b") }, numbers)).to.equal(
      "cookie=0x0,table=3,priority=100,reg2=0x5,reg1=0x3c,actions=pop_vlan",
    );
    expect(ruleText({ ...rule, ...holds("gone") }, numbers)).to.equal(undefined);
  });

  it("drops if an output, a meter or all members are gone", () => {
    for (const action of [{ output: "gone" }, { output: "gone", maxLength: 60 }, { meter: "gone" }]) {
      expect(textOf(["pop_vlan", action])).to.equal("drop");
    }
    expect(textOf([{ bundle: "hash", members: ["gone"] }])).to.equal("drop");
  });
});
