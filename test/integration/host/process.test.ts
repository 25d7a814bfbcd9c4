import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { runProcess } from "../../../provider/host/process";
import { waitUntil } from "./sshServer";

const MODULE = join(__dirname, "../../../provider/host/process.js");

describe("a local process", () => {
  const outcomes: [string, Parameters<typeof runProcess>, object][] = [
    ["that is not there is missing", ["taas-no-such-program", [], { timeoutMs: 5000 }], { kind: "missing" }],
    ["whose words are none has failed", ["true", ["\0"], { timeoutMs: 5000 }], { kind: "failed" }],
    ["that takes too long is given up", ["sleep", ["20"], { timeoutMs: 100 }], { kind: "timeout" }],
    ["that says too much is given up", ["yes", [], { timeoutMs: 20_000 }], { kind: "too-large" }],
    [
      "that is not wanted any more is given up",
      ["sleep", ["20"], { timeoutMs: 5000, signal: AbortSignal.abort() }],
      { kind: "aborted" },
    ],
  ];
  for (const [what, words, outcome] of outcomes) {
    it(what, async () => expect(await runProcess(...words)).to.include(outcome)).timeout(30_000);
  }

  /** What a process may start. */
  const children = [
    ["that heeds SIGTERM", "sleep 60"],
    ["that does not", "trap '' TERM; sleep 60 & wait; sleep 60"],
    ["that does not, and writes elsewhere", "exec >/dev/null 2>&1; trap '' TERM; sleep 60 & wait; sleep 60"],
  ] as const;
  for (const [which, script] of children) {
    it(`that takes too long ends with a process of its own ${which}`, async () => {
      const start = 'sh -c "$0" & echo $! > $1; echo started; wait';
      const file = join(mkdtempSync(join(tmpdir(), "taas-process-")), "pid");
      try {
        const outcome = await runProcess("sh", ["-c", start, script, file], { timeoutMs: 500 });
        expect(outcome).to.deep.equal({ kind: "timeout" });
        await waitUntil(() => !existsSync(`/proc/${Number(readFileSync(file, "utf8"))}`));
      } finally {
        rmSync(join(file, ".."), { recursive: true });
      }
    });
  }

  it("that takes too long is aborted although a daemon of it holds its output open", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "taas-process-")), "pid");
    const start = 'setsid sh -c \'echo $$ > "$0"; exec sleep 60\' "$0" & sleep 60';
    try {
      const outcome = await runProcess("sh", ["-c", start, file], { timeoutMs: 500 });
      expect(outcome).to.deep.equal({ kind: "timeout" });
    } finally {
      process.kill(Number(readFileSync(file, "utf8")));
      rmSync(join(file, ".."), { recursive: true });
    }
  });

  it("may end without having read its input", async () => {
    const outcome = await runProcess("true", [], { timeoutMs: 5000, input: "x".repeat(1_000_000) });
    expect(outcome).to.deep.equal({ kind: "exited", result: { stdout: "", stderr: "", exitCode: 0 } });
  });

  it("that a signal ends has the exit code that a shell would report", async () => {
    const outcome = await runProcess("sh", ["-c", "kill -9 $$"], { timeoutMs: 5000 });
    expect(outcome).to.deep.include({
      result: { stdout: "", stderr: "", exitCode: 137 },
    });
  });

  it("has failed if no more files can be opened", async () => {
    const script = `
const { runProcess } = require(${JSON.stringify(MODULE)});
const { closeSync, openSync } = require("node:fs");
(async () => {
  await runProcess("true", [], { timeoutMs: 5000 }); // loads what it needs
  const files = [];
  try { for (;;) files.push(openSync("/dev/null")); } catch {}
  const { kind, cause } = await runProcess("true", [], { timeoutMs: 5000 });
  for (const file of files) closeSync(file);
  console.log(kind, cause.code);
})();`;
    const limited = ["-c", 'ulimit -n 256; exec "$0" -e "$1"', process.execPath, script];
    const outcome = await runProcess("sh", limited, { timeoutMs: 20_000 });
    expect(outcome).to.deep.include({ result: { stdout: "failed EMFILE\n", stderr: "", exitCode: 0 } });
  }).timeout(30_000);
});
