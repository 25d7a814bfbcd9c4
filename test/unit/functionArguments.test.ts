import { expect } from "chai";
import type { TaasError } from "../../provider/errors";
import { functionArguments } from "../../provider/functionArguments";

/** The code and the message with which arguments of `verifyTaps` are refused. */
function refusal(args: object): string {
  try {
    functionArguments("verifyTaps", args);
  } catch (error) {
    const { code, message } = error as TaasError;
    return `${code}: ${message}`;
  }
  throw new Error("nothing was thrown");
}

describe("the arguments of a function", () => {
  const cases: [string, object, RegExp][] = [
    [
      "a host of nothing",
      { hosts: [null] },
      /^invalid-host: hosts: hosts\[0\]: must be a host's name, or a record/,
    ],
    [
      "a host by number",
      { hosts: ["a", 7] },
      /^invalid-host: hosts: hosts\[1\]: must be a host's name.*got 7\)/,
    ],
    [
      "a misspelled field",
      { hosts: [{ adress: "x" }] },
      /^invalid-host: hosts: hosts\[0\]\.address: is required .*hosts\[0\]: has no field "adress"/,
    ],
    [
      "an option for an address",
      { hosts: ["-oProxyCommand=x"] },
      /^invalid-host: .*starts with a letter or digit/,
    ],
    ["one host where a list is meant", { hosts: "a" }, /^invalid-host: hosts: must be a list \(got "a"\)/],
    ["no hosts", {}, /^invalid-host: hosts: this argument is required/],
    [
      "a window in words",
      { hosts: ["a"], window: "2" },
      /^invalid-config: window: must be a number of seconds/,
    ],
    ["no window", { hosts: ["a"], window: 0 }, /^invalid-config: window: must be above 0 seconds \(got 0\)/],
    [
      "one that it does not have",
      { hosts: ["a"], windw: 3 },
      /^invalid-config: windw: unknown argument "windw"/,
    ],
  ];
  for (const [what, args, says] of cases) it(`refuse ${what}`, () => expect(refusal(args)).to.match(says));

  it("have their defaults, also where they are null", () => {
    const hosts = ["a", { address: "b", user: null }];
    expect(functionArguments("verifyTaps", { hosts, window: null })).to.deep.equal({
      hosts: ["a", { address: "b" }],
      window: 2,
    });
  });
});
