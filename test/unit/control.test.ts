import { expect } from "chai";
import { excessOf, type Measure, RUNS } from "../integration/faults/control";
import { randomFrom, SEED } from "../seed";

/** Runs that lose nothing. */
const NOTHING = Array.from({ length: RUNS }, () => 0);

describe("a comparison of losses with a control", () => {
  const judge = (lost: number[], control: number[], measure?: Measure) => excessOf(lost, control, measure);

  it("passes what loses nothing, no more than the control, or more only sometimes", () => {
    expect(judge([0, 0, 0, 0, 0], [0, 0, 0, 0, 0])).to.equal(undefined);
    expect(judge([5, 0, 3, 0, 9], [0, 9, 4, 5, 0])).to.equal(undefined);
    expect(judge([3, 0, 0, 6], [2, 3, 0, 2])).to.equal(undefined);
    expect(judge([14, 0, 0, 42, 0, 3], [0, 0, 0, 0, 0, 0])).to.equal(undefined);
  });

  it("fails where nothing was measured", () => {
    for (const [lost, control] of [
      [[], NOTHING],
      [NOTHING, []],
    ] as const)
      expect(excessOf(lost, control)).to.equal("nothing was measured");
  });

  it("passes one large loss, which a busy machine can cause on either side", () => {
    expect(judge([0, 0, 125, 0, 0, 0], [0, 0, 0, 0, 14, 0])).to.equal(undefined);
    expect(judge([0, 0, 0, 0, 14, 0], [0, 0, 125, 0, 0, 0])).to.equal(undefined);
  });

  it("fails what nearly always loses more", () => {
    expect(judge([3, 3, 3, 3, 3], [0, 0, 0, 0, 0])).to.equal("more is lost in 100 % of the pairs");
    expect(judge([20, 31, 24, 25], [0, 9, 4, 22])).to.equal("more is lost in 94 % of the pairs");
    expect(judge([400, 250, 300], [90, 3, 0])).to.equal("more is lost in 100 % of the pairs");
  });

  it("fails what loses much more than once, although the control lost much once", () => {
    for (const once of [14, 125])
      expect(judge([0, 0, 125, 0, 60, 0], [0, 0, 0, 0, once, 0])).to.match(/is 60, and the control's 0$/);
  });

  it("leaves out one of every six runs", () => {
    const thirty = (hits: number) => Array.from({ length: 30 }, (_, run) => (run < hits ? 300 : 0));
    expect(judge(thirty(5), thirty(0))).to.equal(undefined);
    expect(judge(thirty(6), thirty(0))).to.match(/is 300, and the control's 0$/);
  });

  it("allows a gap of the same time to streams of all rates", () => {
    expect(judge([0, 20, 25, 0, 0, 0], NOTHING, { pps: 400 })).to.equal(undefined);
    expect(judge([0, 21, 25, 0, 0, 0], NOTHING, { pps: 400 })).to.match(/is 21, and the control's 0$/);
  });

  it("allows a longer gap where it is told to", () => {
    expect(judge([0, 500, 500, 0, 0, 0], NOTHING, { margin: 500 })).to.equal(undefined);
    expect(judge([0, 501, 501, 0, 0, 0], NOTHING, { margin: 500 })).to.match(/is 501,/);
  });

  it("finds what loses much in 60 % of its runs in at least 95 of 100 cases", () => {
    let found = 0;
    for (let pattern = 0; pattern < 2 ** RUNS; pattern++) {
      const lost = NOTHING.map((_, run) => 300 * ((pattern >> run) & 1));
      const probability = lost.reduce((product, one) => product * (one > 0 ? 0.6 : 0.4), 1);
      if (judge(lost, NOTHING) !== undefined) found += probability;
    }
    expect(found).to.be.within(0.95, 0.97);
  });

  it("fails the losses of the datapath and of a busy machine in at most 2 of 100 cases", () => {
    const random = randomFrom(SEED);
    /** Nothing in six of ten runs, else up to 14 frames; in one of fifty up to 150. */
    const loss = () => Math.round(random() < 0.02 ? random() * 150 : Math.max(0, random() * 36 - 22));
    const runs = () => NOTHING.map(loss);
    const CASES = 20_000;
    let failed = 0;
    for (let at = 0; at < CASES; at++) if (judge(runs(), runs()) !== undefined) failed++;
    expect(failed / CASES).to.be.below(0.02);
  });
});
