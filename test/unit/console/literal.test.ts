import { expect } from "chai";
import { literal, readLiteral } from "../../../console/server/program/literal";
import { evaluate, type Scope } from "../../engine/yaml/expression";

const EXPRESSION = "$".concat("{db.password}");

/** Where everything that is referred to is a secret of the operator's. */
const SCOPE: Scope = {
  absent: undefined,
  lookup: () => Promise.resolve({ password: "secret" }),
  invoke: fail,
};

function fail(): never {
  throw new Error("nothing is called");
}

describe("text in the console's program", () => {
  const texts = [
    "web",
    "a$b",
    "a$$b",
    "$",
    "$$$",
    EXPRESSION,
    `$${EXPRESSION}`,
    `$$${EXPRESSION}`,
    `{${EXPRESSION}$`,
  ];
  for (const text of texts)
    it(`is ${text} again when Pulumi reads it`, async () => {
      expect(await evaluate(literal(text), SCOPE)).to.equal(text);
      expect(readLiteral(literal(text))).to.equal(text);
    });

  it("is an expression after an even number of dollars, and none after an odd one", async () => {
    for (const [written, value] of [
      [EXPRESSION, "secret"],
      [`$${EXPRESSION}`, EXPRESSION],
      [`$$${EXPRESSION}`, "$secret"],
      [`$$$${EXPRESSION}`, `$${EXPRESSION}`],
    ] as const) {
      expect(await evaluate(written, SCOPE)).to.equal(value);
      expect(readLiteral(written)).to.equal(value.includes("secret") ? undefined : value);
    }
  });
});
