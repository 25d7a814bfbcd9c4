import { expect } from "chai";
import type { Desired } from "../../../provider/model/desired";
import { planHost } from "../../../provider/plan/host";
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
