import { expect } from "chai";
import { TaasError } from "../../../provider/errors";
import type { Desired, DesiredPort } from "../../../provider/model/desired";
import { namesOf } from "../../../provider/plan/ours";
import { planPorts } from "../../../provider/plan/ports";
import { observed } from "../model/observed";

describe("the plan of ports", () => {
  const port: DesiredPort = {
    ...{ name: "mi-0123456789ab", type: "patch", options: { peer: "mt-0123456789ab" } },
    ...{ bridge: "br-int", vlans: "none", owners: ["o"] },
  };
  const plan = (...bridges: string[]) => {
    const desired = { ports: [port], mirrors: [], placements: [] } as unknown as Desired;
    const facts = observed(...bridges.map((name) => ({ name, ports: [] })));
    return planPorts({ desired, facts, tapBridge: "br-tap", renewals: new Map(), names: namesOf(desired) });
  };

  it("creates one only on a bridge that exists, because the database would delete it at once", () => {
    expect(plan("br-int").map(({ what }) => what)).to.deep.equal(["missing port mi-0123456789ab on br-int"]);
    expect(() => plan("br-ex"))
      .to.throw(TaasError, /needs bridge br-int/)
      .with.property("code", "bridge-missing");
  });
});
