import { expect } from "chai";
import { withoutFormerSecrets } from "../../../provider/resource/formerSecrets";

describe("what is recorded of an update that failed half done", () => {
  const news = { filter: "new", rules: ["new"], description: "new" };
  const properties = {
    ...{ filter: "old", rules: ["old"], portName: "tap-web", description: "old" },
    ...{ status: "drifted: incomplete", incarnation: "1" },
  };
  const before = new Set(["filter", "rules", "portName", "status"]);
  const recorded = (now: ReadonlySet<string>) => {
    const failure = Object.assign(new Error("failed"), { id: "x", properties, reasons: ["failed"] });
    return withoutFormerSecrets(failure, news, { before, now });
  };

  it("has the new value of what is no longer a secret, and not what follows from it", () => {
    const { description, status, incarnation } = properties;
    const rest = { filter: "new", rules: ["new"] };
    expect(recorded(new Set())).to.have.deep.property("properties", {
      ...{ description, status, incarnation },
      ...rest,
    });
  });

  it("is what was there before if a secret stays one", () => {
    expect(recorded(before)).to.have.deep.property("properties", properties);
  });

  it("is undefined if nothing was left behind", () => {
    const error = new Error("failed");
    expect(withoutFormerSecrets(error, news, { before, now: new Set() })).to.equal(error);
  });
});
