import { expect } from "chai";
import { expectNoMoreLost } from "../integration/faults/control";

describe("a comparison of losses with a control", () => {
  const judge = (lost: number[], control: number[]) => () => expectNoMoreLost(lost, control, "it");

  it("passes what loses nothing, no more than the control, or more only once", () => {
    expect(judge([0, 0, 0, 0, 0], [0, 0, 0, 0, 0])).not.to.throw();
    expect(judge([5, 0, 3, 0, 9], [0, 9, 4, 5, 0])).not.to.throw();
    expect(judge([0, 0, 125, 0, 0], [0, 0, 0, 0, 14])).not.to.throw();
  });

  it("fails what loses a little each time, or in two runs of five", () => {
    expect(judge([3, 3, 3, 3, 3], [0, 0, 0, 0, 14])).to.throw("the median");
    expect(judge([0, 7, 0, 6, 0], [0, 0, 0, 0, 0])).to.throw("runs beyond the worst of the control");
  });
});
