import { expect } from "chai";
import type { Desired } from "../../../provider/model/desired";
import type { BridgeFacts } from "../../../provider/ovs/facts";
import { attach } from "../../../provider/plan/membership";
import { rescueStrays } from "../../../provider/plan/strays";
import { observed, rowId } from "../model/observed";

const NOTHING = { ports: [], mirrors: [], placements: [] } as unknown as Desired;

describe("a VM's port on a tap bridge that is deleted", () => {
  const tap = {
    name: "br-tap",
    ports: [
      { name: "tap-vm" },
      { name: "br-tap", nic: { type: "internal" } },
      { name: "mt-1", nic: { type: "vxlan" } },
    ],
  };

  it("is moved to the row of the integration bridge, and the transaction fails if that row has been replaced", () => {
    const facts = observed(tap, { name: "br-int", ports: [] });
    const stage = { desired: NOTHING, before: NOTHING, facts, integrationBridge: "br-int" };
    const operations = rescueStrays({ ...stage, renewals: new Map() }, facts.bridges[0] as BridgeFacts);
    const row = [["_uuid", "==", ["uuid", rowId("Bridge", "br-int")]]];
    const member = ["set", [["uuid", rowId("Port", "tap-vm")]]];
    expect(operations.filter(({ op }) => op === "wait" || op === "mutate").slice(-2)).to.deep.equal([
      ...[{ op: "wait", table: "Bridge", where: row, columns: ["name"], until: "==" }].map((wait) => ({
        ...wait,
        ...{ rows: [{ name: "br-int" }], timeout: 0 },
      })),
      { op: "mutate", table: "Bridge", where: row, mutations: [["ports", "insert", member]] },
    ]);
  });

  it("is identified by its row, as is every bridge except one that is only being created", () => {
    const facts = observed({ name: "br-int", ports: [] });
    const ops = (bridge: string) => attach(facts, bridge, ["named-uuid", "port_x"]).map(({ op }) => op);
    expect(ops("br-int")).to.deep.equal(["wait", "mutate"]);
    expect(ops("br-tap")).to.deep.equal(["mutate"]);
  });
});
