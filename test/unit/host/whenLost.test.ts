import { expect } from "chai";
import { whenLost } from "../../../provider/host/whenLost";

describe("what is done when a connection is lost", () => {
  let calls: number;
  let ending: AbortController;
  const call = () => {
    calls += 1;
  };

  beforeEach(() => {
    calls = 0;
    ending = new AbortController();
  });

  it("is done once, when it is lost", () => {
    whenLost({ lost: ending.signal }, call);
    expect(calls).to.equal(0);
    ending.abort();
    ending.abort();
    expect(calls).to.equal(1);
  });

  it("is done at once if it was lost before, whose signal tells nobody any more", () => {
    ending.abort();
    whenLost({ lost: ending.signal }, call);
    expect(calls).to.equal(1);
  });
});
