import { expect } from "chai";
import { isEqual } from "../../../provider/resource/compare";

describe("two values", () => {
  const same: [unknown, unknown][] = [
    [
      { a: 1, b: { c: [1, "x"] } },
      { b: { c: [1, "x"] }, a: 1 },
    ],
    [{ a: 1, b: undefined }, { a: 1 }],
    [[], []],
    [null, null],
  ];
  for (const [a, b] of same) {
    it(`are the same: ${JSON.stringify(a)}`, () => {
      expect([isEqual(a, b), isEqual(b, a)]).to.deep.equal([true, true]);
    });
  }

  const other: [unknown, unknown][] = [
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { a: 1, b: null }],
    [{ a: {} }, { a: [] }],
    [{ 0: "x" }, ["x"]],
    [
      ["a", "b"],
      ["b", "a"],
    ],
    [["a"], ["a", "b"]],
    [1, "1"],
    [null, {}],
    [{ a: null }, { a: false }],
  ];
  for (const [a, b] of other) {
    it(`differ: ${JSON.stringify(a)} and ${JSON.stringify(b)}`, () => {
      expect([isEqual(a, b), isEqual(b, a)]).to.deep.equal([false, false]);
    });
  }
});
