import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { expect } from "chai";
import fc from "fast-check";
import { frameCommand, LOGIN_LINE } from "../../../provider/host/frame";
import { requireProgram } from "../../lacking";

const PEER = { name: "c1", where: "ops@c1:22" };

/** Login shells, each with the words that start it. */
const SHELLS = [["bash"], ["dash"], ["fish"], ["tcsh"], ["zsh"], ["busybox", "ash"]];

/** Runs a line as sshd does: by the login shell, with `-c`. */
function login(shell: readonly string[], line: string, input: string): SpawnSyncReturns<string> {
  const [file, ...words] = shell;
  return spawnSync(file!, [...words, "-c", line], { input, encoding: "utf8" });
}

/** Prints each word with a NUL after it, copies standard input to standard error, and ends with 7. */
const ECHO = 'for word do printf "%s\\0" "$word"; done; cat >&2; exit 7';

const received = ({ stdout, stderr, status }: SpawnSyncReturns<string>) => ({
  stdout,
  stderr,
  exitCode: status!,
});

describe("a command through a login shell", () => {
  const word = fc
    .oneof(
      fc.string({ unit: "binary" }),
      fc.string({
        unit: fc.constantFrom(
          "'",
          '"',
          "\\",
          "$",
          "`",
          "!",
          "\n",
          "\r",
          " ",
          "*",
          "~",
          "#",
          "%",
          "(",
          "n",
          "0",
        ),
      }),
    )
    .map((text) => text.replaceAll("\0", ""));

  for (const shell of SHELLS) {
    it(`has every word, its input and its exit code unchanged (${shell.join(" ")})`, function () {
      requireProgram(this, shell[0]!);
      fc.assert(
        fc.property(fc.array(word, { maxLength: 8 }), fc.string({ unit: "binary" }), (words, input) => {
          const framed = frameCommand(["sh", "-c", ECHO, "echo", ...words], PEER);
          const result = framed.resultOf(received(login(shell, LOGIN_LINE, framed.header + input)));
          const stdout = words.map((each) => `${each}\0`).join("");
          expect(result).to.deep.equal({ stdout, stderr: input, exitCode: 7 });
        }),
        { numRuns: 20 },
      );
    }).timeout(30_000);
  }

  it("is separated from what the shell prints before and after it, on either output", () => {
    const framed = frameCommand(["sh", "-c", "printf out; printf err >&2; exit 3"], PEER);
    const chatty = `echo Welcome; printf 'no newline'; echo careful >&2; (${LOGIN_LINE}); echo bye; echo gone >&2`;
    const result = framed.resultOf(received(login(["bash"], chatty, framed.header)));
    expect(result).to.deep.equal({ stdout: "out", stderr: "err", exitCode: 3 });
  });

  it("may be longer than one argument of a process", () => {
    const framed = frameCommand(["printf", "%s%s", "x".repeat(100_000), "y".repeat(100_000)], PEER);
    const { stdout } = framed.resultOf(received(login(["sh"], LOGIN_LINE, framed.header)));
    expect(stdout.length).to.equal(200_000);
  });

  it("that a signal kills together with its shell has its output, and the exit code that the server reports", () => {
    const framed = frameCommand(["sh", "-c", "echo begun; kill -9 $PPID"], PEER);
    const { stdout, stderr } = login(["sh"], LOGIN_LINE, framed.header);
    const result = framed.resultOf({ stdout, stderr, exitCode: 137 });
    expect(result).to.deep.equal({ stdout: "begun\n", stderr: "", exitCode: 137 });
  });

  it("that the shell did not run is an error with the shell's own output", () => {
    const framed = frameCommand(["true"], PEER);
    const result = { stdout: "This account is not available.\n", stderr: "", exitCode: 1 };
    expect(() => framed.resultOf(result)).to.throw(
      "host c1: ops@c1:22 does not run POSIX shell commands (exit code 1: This account is not available.)",
    );
  });
});
