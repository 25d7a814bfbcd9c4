import { expect } from "chai";
import { TaasError } from "../../../provider/errors";
import type { Desired, DesiredPort } from "../../../provider/model/desired";
import { map } from "../../../provider/ovs/values";
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
  const tunnel: DesiredPort = {
    ...{ name: "mv-0123456789ab", type: "vxlan", options: { key: "flow" }, bfd: true },
    ...{ bridge: "br-tap", vlans: "all", owners: ["o"] },
  };
  /** What is planned for a tunnel that has this configuration of BFD. */
  const tunnelPlan = (bfd: Record<string, string>) => {
    const desired = { ports: [tunnel], mirrors: [], placements: [] } as unknown as Desired;
    const { name, type, options } = tunnel;
    const present = {
      name,
      port: { tag: undefined, externalIds: { taas: "1" } },
      nic: { type, options, bfd },
    };
    const facts = observed({ name: "br-tap", ports: [present] });
    return planPorts({ desired, facts, tapBridge: "br-tap", renewals: new Map(), names: namesOf(desired) });
  };

  it("has a tunnel tell its own BFD messages from copies by their tunnel key", () => {
    const own = { enable: "true", check_tnl_key: "true" };
    expect(tunnelPlan(own)).to.deep.equal([]);
    const others: Record<string, string>[] = [{}, { enable: "true" }, { ...own, check_tnl_key: "false" }];
    for (const bfd of others) {
      const [change, ...more] = tunnelPlan(bfd);
      expect([change!.what, more]).to.deep.equal(["altered port mv-0123456789ab on br-tap", []]);
      expect(change!.operations[0]).to.have.nested.property("row.bfd").that.deep.equals(map(own));
    }
  });

  it("creates one only on a bridge that exists, because the database would delete it at once", () => {
    expect(plan("br-int").map(({ what }) => what)).to.deep.equal(["missing port mi-0123456789ab on br-int"]);
    expect(() => plan("br-ex"))
      .to.throw(TaasError, /needs bridge br-int/)
      .with.property("code", "bridge-missing");
  });
});
