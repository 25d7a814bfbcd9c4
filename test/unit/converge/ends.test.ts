import { expect } from "chai";
import type { HostAccess } from "../../../provider/converge/access";
import { rulesOn } from "../../../provider/converge/ends";
import type { Rule } from "../../../provider/model/desired";
import { encodeRule } from "../../../provider/ovs/encodeRule";
import type { PresentFlow } from "../../../provider/ovs/presentFlow";
import { placed } from "../../../provider/ovs/replaceFlows";
import type { TapReading } from "../../../provider/ovs/tapSwitch";

const NOW = 1_900_000_000_000;
const HOUR = 3600;
const access = { now: async () => NOW } as HostAccess;
const rule: Rule<number> = {
  ...{ table: 0, priority: 100, cookie: 1n, inPort: 5, match: [], actions: [{ goto: 1 }], owners: [] },
  until: NOW + HOUR * 1000,
};

/** The timeout that the rule gets where a bridge has another of its place, which has been there for half an hour. */
async function timeout(other: Partial<PresentFlow>, since = 0): Promise<number | undefined> {
  const there: PresentFlow = {
    ...encodeRule(rule),
    ...{ hardTimeout: 1.5 * HOUR, age: 0.5 * HOUR * 1000, special: false, leased: false, packets: 7 },
    ...other,
  };
  const reading = { flows: placed([there]), at: performance.now() - since } as TapReading;
  return (await rulesOn(access, [rule], reading))[0]!.hardTimeout;
}

describe("the timeout of a rule that ends and is there", () => {
  it("is kept if the rule differs in nothing", async () => {
    expect(await timeout({})).to.equal(1.5 * HOUR);
  });

  it("is counted from when the rule was read, however long that was ago", async () => {
    expect(await timeout({ age: (0.5 * HOUR - 20) * 1000 }, 20_000)).to.equal(1.5 * HOUR);
    expect(await timeout({}, 20_000)).to.equal(HOUR);
  });

  it("is a new one if the rule is to be written again, because Open vSwitch counts it from then", async () => {
    const drop = encodeRule({ ...rule, actions: [] }).instructions;
    for (const other of [{ instructions: drop }, { cookie: 2n }, { special: true }])
      expect(await timeout(other), JSON.stringify(Object.keys(other))).to.equal(HOUR);
  });
});
