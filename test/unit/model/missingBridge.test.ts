import { expect } from "chai";
import { missingBridge } from "../../../provider/model/missingBridge";
import { observed } from "./observed";

const facts = observed({
  name: "xenbr0",
  ports: [{ name: "xapi1", port: { tag: 100 }, nic: { type: "internal" } }, { name: "vif1.0" }],
});

describe("a bridge that VMs should plug into", () => {
  it("is not reported if it exists", () => {
    expect(missingBridge(facts, "xenbr0")).to.equal(undefined);
  });

  it("is reported with its parent if it is a fake one", () => {
    expect(missingBridge(facts, "xapi1")).to.deep.equal({
      message: "xapi1 is not a bridge but a port of xenbr0 for VLAN 100 (a fake bridge)",
      hint: "Set the host's integrationBridge to xenbr0: its ports are found in every VLAN",
    });
  });

  it("is reported missing with a list of the existing ones", () => {
    expect(missingBridge(facts, "br-int")?.message).to.equal("there is no bridge br-int (there is xenbr0)");
    expect(missingBridge(observed(), "br-int")?.message).to.equal(
      "there is no bridge br-int (there is none)",
    );
  });
});
