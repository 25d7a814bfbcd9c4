import { expect } from "chai";
import { expectNoMoreLost } from "../integration/faults/control";

describe("a comparison of losses with a control", () => {
  const judge = (lost: number[], control: number[]) => () => expectNoMoreLost(lost, control, "it");

  it("passes what loses nothing, no more than the control, or more only sometimes", () => {
    expect(judge([0, 0, 0, 0, 0], [0, 0, 0, 0, 0])).not.to.throw();
    expect(judge([5, 0, 3, 0, 9], [0, 9, 4, 5, 0])).not.to.throw();
    expect(judge([0, 0, 125, 0, 0], [0, 0, 0, 0, 14])).not.to.throw();
    expect(judge([3, 0, 0, 6], [2, 3, 0, 2])).not.to.throw();
  });

  it("fails what nearly always loses more", () => {
    expect(judge([3, 3, 3, 3, 3], [0, 0, 0, 0, 0])).to.throw("the share of pairs");
    expect(judge([20, 31, 24, 25], [0, 9, 4, 22])).to.throw("the share of pairs");
    expect(judge([400, 250, 300], [90, 3, 0])).to.throw("the share of pairs");
  });
});
