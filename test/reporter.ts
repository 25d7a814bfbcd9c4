import { type MochaOptions, type Runner, reporters, type Test } from "mocha";
import {
  closingLine,
  emptyReport,
  failedTest,
  fullTitle,
  type Report,
  skipLines,
  skippedTest,
  slowLines,
} from "./runner/report";
import { SEED } from "./seed";

/** Milliseconds that a process may take to end after its last test. */
const TIME_TO_END = 5_000;

/** How many of the longest tests are listed. Default none. */
const SLOW = Number(process.env.TAAS_SLOW ?? 0);

const isCi = ![undefined, "", "0", "false"].includes(process.env.CI);

/**
 * Mocha's spec reporter, with one closing line that people and scripts can count on. Under `scripts/test.sh`, which runs
 * several files side by side, the report goes to it instead. What a test leaves open keeps the process from ending; that is
 * an error here.
 */
class CountingReporter extends reporters.Spec {
  private readonly report: Report = emptyReport();

  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const { report } = this;
    runner.on("pass", (test: Test) => {
      report.passed += 1;
      report.times.push({ title: fullTitle(test), ms: test.duration ?? 0 });
    });
    runner.on("fail", (test: Test, error: Error) => report.failed.push(failedTest(test, error)));
    runner.on("pending", (test: Test) => report.skipped.push(skippedTest(test)));
    endWithParent();
  }

  /** Mocha calls this when all is over, and `end` with the number of failures makes the exit code. */
  override done(failures: number, end?: (failures: number) => void): void {
    const { report } = this;
    const undeclared = isCi ? report.skipped.filter(({ lack }) => lack === undefined) : [];
    report.failed.push(...undeclared.map(({ title }) => `${title}: skipped`));
    if (process.send === undefined) {
      const seed = failures > 0 ? [`TAAS_SEED=${SEED} repeats what was random`] : [];
      const lines = [...slowLines(report.times, SLOW), ...skipLines(report.skipped), ...seed];
      process.stdout.write(`\n${[...lines, closingLine(report)].join("\n")}\n`);
    } else {
      process.send(report);
    }
    end?.(failures + undeclared.length);
    setTimeout(failForLeaks, TIME_TO_END).unref();
  }
}

/** Something is still open: an event loop that has nothing left would have ended by now. */
function failForLeaks(): void {
  const open = process.getActiveResourcesInfo().join(", ");
  process.stderr.write(`\n${TIME_TO_END / 1000} s after the last test this is still open: ${open}\n`);
  process.on("exit", () => {
    process.exitCode = 1;
  });
  process.exit(1);
}

/** Under the runner, a process ends with it, however that ends, or when the runner says so, with what it has started. */
function endWithParent(): void {
  if (process.send === undefined) return;
  process.once("disconnect", () => process.exit(1));
  process.once("SIGTERM", () => process.exit(1));
  process.channel?.unref();
}

export = CountingReporter;
