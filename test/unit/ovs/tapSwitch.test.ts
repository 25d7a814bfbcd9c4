import { expect } from "chai";
import { TapSwitch } from "../../../provider/ovs/tapSwitch";

/** A bridge that cannot be connected to, for a reason. */
const failing = (error: Error) => new TapSwitch(() => Promise.reject(error));

describe("a tap bridge that cannot be reached over OpenFlow", () => {
  it("gives no answer, so that commands are run instead", async () => {
    expect(await failing(new Error("connection reset")).state()).to.equal(undefined);
    expect(await failing(new RangeError("no OpenFlow")).state()).to.equal(undefined);
  });

  it("does not hide a bug in the program", async () => {
    const mistake = new TypeError("Cannot read properties of undefined");
    const thrown = await failing(mistake)
      .state()
      .catch((error: unknown) => error);
    expect(thrown).to.equal(mistake);
  });
});
