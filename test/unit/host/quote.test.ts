import { execFileSync } from "node:child_process";
import { expect } from "chai";
import fc from "fast-check";
import { quoteArgv } from "../../../provider/host/quote";

/** The words that a real shell makes of a line, each ended by a NUL. */
function words(shell: string, line: string): string[] {
  const script = `set -- ${line}; for word do printf '%s\\0' "$word"; done`;
  return execFileSync(shell, ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
}

describe("quoting for a POSIX shell", () => {
  const word = fc
    .oneof(
      fc.string({ unit: "binary" }),
      fc.string({
        unit: fc.constantFrom("'", '"', "\\", "$", "`", "!", "\n", " ", "*", "~", "#", "(", ";", "&", "-"),
      }),
    )
    .map((text) => text.replaceAll("\0", ""));

  for (const shell of ["sh", "bash"]) {
    it(`gives ${shell} back every word, byte for byte`, () => {
      fc.assert(
        fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (argv) => {
          expect(words(shell, quoteArgv(argv))).to.deep.equal(argv);
        }),
        { numRuns: 100 },
      );
    });
  }

  it("quotes words that are special only in first place", () => {
    for (const first of ["if", "{", "!", "a=b", "[[", "time"])
      expect(quoteArgv([first])).to.equal(`'${first}'`);
  });

  it("refuses what no command line can contain", () => {
    expect(() => quoteArgv([])).to.throw(TypeError, "at least one word");
    expect(() => quoteArgv(["a\0b"])).to.throw(TypeError, "NUL");
    expect(() => quoteArgv(["\ud800"])).to.throw(TypeError, "surrogate");
    expect(quoteArgv(["\ud83d\ude00"])).to.equal("'\u{1f600}'");
  });
});
