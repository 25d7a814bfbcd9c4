import { expect } from "chai";
import { milliseconds, speedFigure, timeFigure, verdict } from "../../../bench/figure";
import { interleave, median, ratioOf } from "../../../bench/measure";
import { plot } from "../../../bench/plot";
import { table } from "../../../bench/table";

describe("figures of the benchmark", () => {
  it("are medians: of an odd and an even number of values", () => {
    expect(median([9, 1, 2])).to.equal(2);
    expect(median([9, 1, 2, 4])).to.equal(3);
    expect(() => median([])).to.throw(RangeError);
  });

  it("take the median of the rounds' ratios, which one disturbed round does not change", () => {
    expect(ratioOf({ ours: [2, 200, 4], baseline: [1, 1, 2] })).to.equal(2);
  });

  it("are measured in turn, each thing first in every other round", async () => {
    const order: string[] = [];
    const note = (what: string) => async (round: number) => {
      order.push(what + round);
      return round;
    };
    const pairs = await interleave(2, note("ours"), note("baseline"));
    expect(order).to.deep.equal(["baseline0", "ours0", "ours1", "baseline1"]);
    expect(pairs).to.deep.equal({ ours: [0, 1], baseline: [0, 1] });
  });

  it("meet a target or miss it", () => {
    const pairs = { ours: [3], baseline: [2] };
    expect(verdict(timeFigure("x", pairs, { atMost: 1.5 }))).to.equal("met");
    expect(verdict(timeFigure("x", pairs, { atMost: 1.4 }))).to.equal("missed");
    expect(verdict(speedFigure("x", { ours: [1], baseline: [5] }, { atLeast: 5 }))).to.equal("met");
    expect(verdict(speedFigure("x", pairs, { atLeast: 1 }))).to.equal("missed");
    expect(verdict(timeFigure("x", pairs))).to.equal("");
  });

  it("are shown in a unit that fits", () => {
    expect([0.9334, 3.641, 53.4, 4530].map(milliseconds)).to.deep.equal([
      ...["933 µs", "3.64 ms", "53 ms", "4.53 s"],
    ]);
  });

  it("are in one table, judged in a full run only", () => {
    const figures = [timeFigure("up", { ours: [12], baseline: [10] }, { atMost: 1.3 })];
    const sections = [{ title: "Taps", figures, notes: ["a note"] }];
    const full = table(sections, "full").split("\n");
    expect(full[2]).to.match(/^\| \*\*Taps\*\* +\|/);
    expect(full[3]).to.match(/^\| up +\| 12 ms \| 10 ms +\| 1.20 +\| at most 1.3 \| met +\|$/);
    expect(full.at(-1)).to.equal("- Taps: a note");
    expect(table(sections, "smoke")).not.to.match(/at most|met/);
  });
});

describe("the plot of the benchmark", () => {
  it("has a panel for each series, with every value named, higher values higher up", () => {
    const svg = plot(
      "taps",
      [10, 100],
      [
        { name: "Time", unit: "ms", values: [5, 20] },
        { name: "Memory", unit: "MiB", values: [80, 90] },
      ],
    );
    for (const text of ["Time (ms)", "Memory (MiB)", ">5<", ">20<", ">80<", ">90<", ">taps<"])
      expect(svg).to.contain(text);
    const heights = [...svg.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(heights).to.have.length(4);
    expect(heights[1]).to.be.lessThan(heights[0]!);
  });
});
