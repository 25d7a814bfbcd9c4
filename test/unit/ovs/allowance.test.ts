import { expect } from "chai";
import { Allowance } from "../../../provider/allowance";

/** How often an amount can be taken from an allowance that comes back by nothing but `give`. */
function takes(allowance: Allowance, amount: number, limit: number): number {
  let count = 0;
  while (count < limit && allowance.take(amount)) count += 1;
  return count;
}

describe("what a host may send unasked", () => {
  it("ends with its burst", () => {
    expect(takes(new Allowance(100, 0), 10, 1000)).to.equal(10);
  });

  it("does not end while each of it follows from a request", () => {
    const allowance = new Allowance(100, 0);
    for (let request = 0; request < 1000; request++) {
      allowance.give(20);
      expect(allowance.take(10) && allowance.take(10), `request ${request}`).to.equal(true);
    }
  });

  it("is never more than its burst", () => {
    const allowance = new Allowance(100, 0);
    allowance.give(1000);
    expect(takes(allowance, 10, 1000)).to.equal(10);
  });
});
