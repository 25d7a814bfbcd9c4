import { expect } from "chai";
import { missingBridge } from "../../../provider/model/missingBridge";
import { observed } from "./observed";

const facts = observed({
  name: "xenbr0",
  ports: [{ name: "xapi1", port: { tag: 100 }, nic: { type: "internal" } }, { name: "vif1.0" }],
});

describe("a bridge that VMs are said to plug into", () => {
  it("is nothing to speak of where it is there", () => {
    expect(missingBridge(facts, "xenbr0")).to.equal(undefined);
  });

  it("is told by its parent where it is a fake one", () => {
    expect(missingBridge(facts, "xapi1")).to.deep.equal({
      message: "xapi1 is not a bridge but a port of xenbr0 for VLAN 100 (a fake bridge)",
      hint: "Set the host's integrationBridge to xenbr0: its ports are found in every VLAN",
    });
  });

  it("is missed with a list of those that are there", () => {
    expect(missingBridge(facts, "br-int")?.message).to.equal("there is no bridge br-int (there is xenbr0)");
    expect(missingBridge(observed(), "br-int")?.message).to.equal(
      "there is no bridge br-int (there is none)",
    );
  });
});
