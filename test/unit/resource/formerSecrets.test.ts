import { expect } from "chai";
import { withoutFormerSecrets } from "../../../provider/resource/formerSecrets";

describe("what is recorded of an update that failed half-way", () => {
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

  it("has the new value of what was a secret and is none any more, and not what follows from it", () => {
    const { description, status, incarnation } = properties;
    const rest = { filter: "new", rules: ["new"] };
    expect(recorded(new Set())).to.have.deep.property("properties", {
      ...{ description, status, incarnation },
      ...rest,
    });
  });

  it("is what was there before where a secret stays one", () => {
    expect(recorded(before)).to.have.deep.property("properties", properties);
  });

  it("is no matter where nothing was left behind", () => {
    const error = new Error("failed");
    expect(withoutFormerSecrets(error, news, { before, now: new Set() })).to.equal(error);
  });
});
