import { expect } from "chai";
import type { HostView } from "../../../console/server/live/hostWatch";
import { Rates } from "../../../console/server/live/rates";
import type { Count, HostStatistics } from "../../../provider/statistics/statistics";

const HOSTS = 10;
const NONE: Count = { packets: 0, bytes: 0 };

/** A host with one tap, which has made so many copies by that moment (milliseconds). */
function hostAt(index: number, packets: number, at: number): HostView {
  const address = `host${index}`;
  const capture: HostStatistics["captures"][number] = {
    ...{ owners: [`acme/taps/prod/TapFlow/${index}`], portNames: [], mirrors: [], tunnelId: 1, rules: [] },
    ...{ direction: "any", matched: NONE, copied: { packets, bytes: 0 }, dropped: NONE },
  };
  const statistics: HostStatistics = { address, captures: [capture], tunnels: [], services: [] };
  return { record: { name: address, address }, counts: { statistics, at } };
}

/** Hosts that are read once a second, each at another moment, and what each has copied by then. */
function read(rates: Rates, seconds: number, copied: (index: number, second: number) => number) {
  const views = new Map<number, HostView>();
  const told: { at: number; taps: Record<string, number> }[] = [];
  for (let step = 0; step < seconds * HOSTS; step++) {
    const [second, index, at] = [Math.floor(step / HOSTS), step % HOSTS, 5000 + (step * 1000) / HOSTS];
    views.set(index, hostAt(index, copied(index, second), at));
    rates.take([...views.values()]);
    if (rates.areDue()) told.push({ at, taps: rates.taps });
  }
  return told;
}

describe("the rates of a console's taps", () => {
  it("are told about once a second, however many hosts are read in it", () => {
    const told = read(new Rates(), 10, (index, second) => second * second * (index + 1));
    const between = told.slice(1).map(({ at }, index) => at - told[index]!.at);
    expect(told).to.have.length.within(9, 12);
    expect(Math.min(...between)).to.be.at.least(900);
  });

  it("are told as they are in the end, also where they have stayed the same since a moment too early to be told", () => {
    const rates = new Rates();
    const told = read(rates, 10, (index, second) => Math.min(second, 5) ** 2 * (index + 1));
    expect(Object.keys(rates.taps)).to.have.length(HOSTS);
    expect(Object.values(rates.taps)).to.deep.equal(Array(HOSTS).fill(0));
    expect(told.at(-1)!.taps).to.deep.equal(rates.taps);
    expect(told.at(-1)!.at).to.be.below(5000 + 8000);
  });

  it("are not told again where they have not changed", () => {
    expect(read(new Rates(), 10, (_, second) => second * 100)).to.have.length.within(1, 3);
  });
});
