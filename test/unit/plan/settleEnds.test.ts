import { expect } from "chai";
import type { Rule } from "../../../provider/model/desired";
import { settleEnds } from "../../../provider/plan/settleEnds";

const NOW = 1_900_000_000_000;
const rule: Rule<number> = {
  ...{ table: 0, priority: 100, cookie: 1n, inPort: 5, match: [], actions: [{ goto: 1 }], owners: [] },
};

/** A timeout in seconds, and for how many milliseconds it has been counted. */
interface Counted {
  hardTimeout: number;
  age: number;
}

/** The hard timeout that a rule gets which ends in so many milliseconds; "none" where it has none, "over" where it is left out. */
function timeout(left: number, counted?: Counted): number | "none" | "over" {
  const present = counted && { ...counted, ends: NOW - counted.age + counted.hardTimeout * 1000 };
  const settled = settleEnds([{ ...rule, until: NOW + left }], () => present, NOW);
  return settled.length === 0 ? "over" : (settled[0]!.hardTimeout ?? "none");
}

describe("a rule that ends", () => {
  it("gets the remaining whole seconds, and is left out once there are none", () => {
    expect([5000, 5999, 1000, 65_535_000].map((left) => timeout(left))).to.deep.equal([5, 5, 1, 65_535]);
    expect([999, 0, -1, -1e9].map((left) => timeout(left))).to.deep.equal(Array(4).fill("over"));
  });

  it("has no timeout while more remain than OpenFlow can count", () => {
    expect(timeout(65_536_000)).to.equal("none");
    expect(timeout(65_536_000, { hardTimeout: 0, age: 5 })).to.equal("none");
  });

  it("keeps its timeout if it ends at about its time, and gets another if it does not", () => {
    expect(timeout(50_000, { hardTimeout: 60, age: 10_000 })).to.equal(60);
    expect(timeout(50_000, { hardTimeout: 60, age: 11_900 })).to.equal(60);
    expect(timeout(-500, { hardTimeout: 60, age: 60_400 })).to.equal(60);
    expect(timeout(50_000, { hardTimeout: 60, age: 0 })).to.equal(50);
    expect(timeout(50_000, { hardTimeout: 60, age: 20_000 })).to.equal(50);
    expect(timeout(50_000, { hardTimeout: 0, age: 10_000 })).to.equal(50);
    expect(timeout(70_000_000, { hardTimeout: 65_535, age: 0 })).to.equal("none");
  });

  it("leaves others unchanged", () => {
    expect(settleEnds([rule], () => undefined, NOW)).to.deep.equal([rule]);
  });
});
