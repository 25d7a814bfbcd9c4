import { expect } from "chai";
import { describeClaim } from "../../../cli/claims/claim";
import { claim } from "../../../provider/schema/claim";

describe("a claim in a list", () => {
  it("of a flow that selects ports shows the selector", () => {
    const flow = claim.parse({
      ...{ format: 1, kind: "flow", owner: "o/p/s/TapFlow/all", token: "t", writer: "me@here", time: "now" },
      ...{ service: "o/p/s/TapService/ids", tunnelId: 7, destination: "here" },
      source: { ports: { network: "n1", except: ["tap-dns"] }, integrationBridge: "br-int" },
    });
    expect(describeClaim({ host: "host1", claim: flow })).to.equal(
      "host1  flow  o/p/s/TapFlow/all  ports(network:n1,except:tap-dns) into o/p/s/TapService/ids  by me@here at now",
    );
  });
});
