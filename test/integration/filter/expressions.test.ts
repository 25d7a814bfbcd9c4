import { expect } from "chai";
import fc from "fast-check";
import { compileFilter } from "../../../provider/model/filter/compile";
import { filterOf } from "../../../provider/model/filter/filterOf";
import { ruleText } from "../../../provider/model/filter/text";
import { readExpression } from "../../../provider/schema/expression/expression";
import { Libpcap } from "../../lab/libpcap";
import { extentOf, limitOf } from "../../sample";
import { SEED } from "../../seed";
import { arbitraryExpression } from "../../unit/expression/arbitraryExpressions";
import { arbitraryPacket } from "../../unit/expression/arbitraryPackets";
import { FilterBench } from "./filterBench";

const LANES = 24;
/** With all rounds, 1,344 expressions on 5,040 packets. */
const ROUNDS = extentOf(3, 56);
/** As many as a lane takes at once; each round has others. */
const PACKETS = 90;

/** An expression that some frame may match; others are refused. */
const matching = arbitraryExpression.filter((expression) => "value" in readExpression(expression));

function shown(expression: string): string {
  return [`seed ${SEED}: ${expression}`, ...filterOf({ filter: expression }).rules.map(ruleText)].join(
    "\n  ",
  );
}

const hex = (frames: readonly Buffer[]) => frames.map((frame) => frame.toString("hex")).sort();

describe("an expression on Open vSwitch", function () {
  this.timeout(limitOf(120_000));
  let bench: FilterBench;
  let libpcap: Libpcap;
  let packets: Buffer[];
  before(async () => {
    packets = fc.sample(arbitraryPacket, { numRuns: ROUNDS * PACKETS, seed: SEED });
    libpcap = await Libpcap.of(packets);
    bench = await FilterBench.start(LANES);
  });
  after(async () => {
    await bench?.stop();
    await libpcap?.close();
  });

  it(`lets through what libpcap takes: ${ROUNDS * LANES} random expressions, ${ROUNDS * PACKETS} packets`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const lanes = fc.sample(matching, { numRuns: LANES, seed: SEED + 7919 * (round + 1) });
      const keep = { vlan: { kind: "keep" } } as const;
      await bench.load(lanes.map((filter) => compileFilter(filterOf({ filter }), keep)));
      await bench.purge();
      const first = round * PACKETS;
      const some = packets.slice(first, first + PACKETS);
      const outputs = await Promise.all(lanes.map((_, lane) => bench.send(lane, some)));
      for (const [lane, expression] of lanes.entries()) {
        const taken = await libpcap.taken(expression);
        const wanted = taken.flatMap((index) => some[index - first] ?? []);
        expect(hex(outputs[lane]!), shown(expression)).to.deep.equal(hex(wanted));
      }
    }
  });
});
