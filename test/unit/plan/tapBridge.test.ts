import { expect } from "chai";
import type { Desired } from "../../../provider/model/desired";
import type { BridgeFacts } from "../../../provider/ovs/facts";
import { planHost } from "../../../provider/plan/host";
import type { Claim } from "../../../provider/schema/claim";
import { observed, rowId } from "../model/observed";

const NOTHING = {
  ports: [],
  mirrors: [],
  placements: [],
  rules: [],
  foreignRules: [],
  meters: [],
  monitors: [],
} as unknown as Desired;

describe("the transaction that deletes the tap bridge", () => {
  it("fails if a port has been added to it since it was read, which would be deleted with it", () => {
    const facts = observed({ name: "br-int", ports: [] }, { name: "br-tap", ports: [{ name: "watch" }] });
    const bridge = facts.bridges.find(({ name }) => name === "br-tap")!;
    const claims = new Map();
    const { operations } = planHost({
      ...{ read: { claims, generation: 1, bridge }, claims, desired: NOTHING, before: NOTHING, facts },
      ...{ tapBridge: "br-tap", integrationBridge: "br-int", renewals: new Map(), bridges: new Map() },
    });
    const members = ["set", [["uuid", rowId("Port", "watch")]]];
    const guard = {
      op: "wait",
      table: "Bridge",
      columns: ["ports"],
      until: "==",
      rows: [{ ports: members }],
    };
    expect(operations[1]).to.deep.include(guard);
    expect(operations.at(-1)).to.deep.include({ op: "mutate", table: "Open_vSwitch" });
  });
});

describe("the rules of a tap bridge whose settings are corrected", () => {
  function rulesAfter(row: Partial<BridgeFacts>): string {
    const facts = observed({ name: "br-int", ports: [] }, { name: "br-tap", ports: [], row });
    const bridge = facts.bridges.find(({ name }) => name === "br-tap")!;
    const claims = new Map([["o", { owner: "o" } as Claim]]);
    const { rules } = planHost({
      ...{ read: { claims, generation: 1, bridge }, claims, desired: NOTHING, before: NOTHING, facts },
      ...{ tapBridge: "br-tap", integrationBridge: "br-int", renewals: new Map(), bridges: new Map() },
    });
    return rules;
  }

  const flushed: Record<string, Partial<BridgeFacts>> = {
    "is standalone": { failMode: "standalone" },
    "has no fail mode": { failMode: undefined },
    "has a controller": { controllers: ["192.0.2.1"] },
    "does not speak our version of OpenFlow": { protocols: ["OpenFlow10", "OpenFlow13"] },
  };
  for (const [what, row] of Object.entries(flushed)) {
    it(`may be deleted by Open vSwitch if it ${what}`, () => expect(rulesAfter(row)).to.equal("flushed"));
  }

  const kept: Record<string, Partial<BridgeFacts>> = {
    "has the right settings": {},
    "speaks our version of OpenFlow among others": { protocols: ["OpenFlow10", "OpenFlow14"] },
    "takes part in a spanning tree": { spanningTree: ["stp_enable"] },
  };
  for (const [what, row] of Object.entries(kept)) {
    it(`stay if it ${what}`, () => expect(rulesAfter(row)).to.equal("kept"));
  }
});
