import { type MochaOptions, type Runner, reporters } from "mocha";

/** Mocha's spec reporter, with one closing line that people and scripts can count on. */
class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures } = this.stats;
      process.stdout.write(`\n${passes} passed, ${failures} failed\n`);
    });
  }
}

export = CountingReporter;
