import { expect } from "chai";
import fc from "fast-check";
import { ruleText } from "../../../provider/model/filter/text";
import { type CompiledExpression, readExpression } from "../../../provider/schema/expression/expression";
import { Libpcap } from "../../lab/libpcap";
import { extentOf, limitOf } from "../../sample";
import { SEED } from "../../seed";
import { dissect } from "../filter/dissect";
import { evaluateDissected } from "../filter/reference";
import { arbitraryExpression } from "./arbitraryExpressions";
import { arbitraryPacket } from "./arbitraryPackets";

const EXPRESSIONS = extentOf(100, 1000);
const PACKETS = 5000;

/** What an expression comes to; one that no frame can match takes none. */
function compiled(expression: string): CompiledExpression {
  const reading = readExpression(expression);
  if ("value" in reading) return reading.value;
  expect(reading.reason, expression).to.match(/^matches no frame/);
  return { rules: [], defaultAction: "reject" };
}

function shown(expression: string, { rules, defaultAction }: CompiledExpression): string {
  return [`seed ${SEED}: ${expression}`, ...rules.map(ruleText), `default ${defaultAction}`].join("\n  ");
}

describe("the rules of an expression", function () {
  this.timeout(limitOf(120_000));
  const sample = <Value>(arbitrary: fc.Arbitrary<Value>, numRuns: number): Value[] =>
    fc.sample(arbitrary, { numRuns, seed: SEED });
  let packets: Buffer[];
  let libpcap: Libpcap;
  before(async () => {
    packets = sample(arbitraryPacket, PACKETS);
    libpcap = await Libpcap.of(packets);
  });
  after(() => libpcap?.close());

  it(`accept the packets that libpcap takes: ${EXPRESSIONS} random expressions, ${PACKETS} packets`, async () => {
    const seen = packets.map(dissect);
    let partly = 0;
    for (const expression of sample(arbitraryExpression, EXPRESSIONS)) {
      const filter = compiled(expression);
      const taken = new Set(await libpcap.taken(expression));
      const wrong = seen.findIndex((frame, index) => {
        const { action } = evaluateDissected(filter.rules, filter.defaultAction, frame, "egress");
        return (action === "accept") !== taken.has(index);
      });
      const frame = packets[wrong]?.toString("hex");
      expect(frame, `${frame}\n${shown(expression, filter)}`).to.equal(undefined);
      if (taken.size > 0 && taken.size < PACKETS) partly++;
    }
    expect(partly).to.be.above(EXPRESSIONS / 2);
  });
});
