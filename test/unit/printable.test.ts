import { expect } from "chai";
import { TaasError } from "../../provider/errors";
import { harmless, printable, printableLine } from "../../provider/printable";

describe("text from a host", () => {
  /** What pipelines take for a command, as a host may write it into an answer. */
  const COMMANDS = [
    "##vso[task.setvariable variable=PATH]/evil",
    "##[add-mask]e",
    "##teamcity[message text='x']",
    "::add-mask::e",
  ];

  for (const command of COMMANDS) {
    it(`is no command to a pipeline in an error or a warning: ${command}`, () => {
      const said = `no such bridge\r\n${command}\n\n  ${command}`;
      const error = new TaasError(`ovs-ofctl failed: ${said}`, {
        code: "openflow-error",
        host: "c1",
        hint: said,
      });
      for (const text of [
        error.message,
        error.shortMessage,
        error.hint!,
        printable(said),
        printableLine(said),
      ]) {
        expect(text).not.to.include("\n");
        expect(text).not.to.match(/##\w*\[|^::/);
      }
    });
  }

  it("keeps its lines apart in a message, and its line breaks countable in a name", () => {
    expect(printable("one\n  two\r\nthree")).to.equal("one | two | three");
    expect(printableLine("a\nb\tc")).to.equal("a\\u000ab\\u0009c");
  });

  it("is the same JSON if it is JSON", () => {
    const value = { text: "##vso[x] \u0007 ##" };
    expect(JSON.parse(harmless(JSON.stringify(value, null, 2)))).to.deep.equal(value);
  });

  it("leaves other number signs alone", () => {
    expect(printable("## heading, C##, # [x]")).to.equal("## heading, C##, # [x]");
  });
});
