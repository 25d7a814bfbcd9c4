import { basename } from "node:path";
import { reporters, type Suite, type Test } from "mocha";
import { lackOf } from "../lacking";

/** What became of the tests of one mocha process, or of several. */
export interface Report {
  passed: number;
  /** Titles of what failed, each followed by why, in lines below it. */
  failed: string[];
  skipped: Skipped[];
  /** How long each test took, with its share of hooks left out. */
  times: Time[];
}

/** A test that was not run. */
export interface Skipped {
  title: string;
  /** What the machine lacks for it. Undefined: it is skipped everywhere. */
  lack?: string;
}

/** How long a test took, in milliseconds. */
export interface Time {
  title: string;
  ms: number;
}

/** A report of no tests. */
export function emptyReport(): Report {
  return { passed: 0, failed: [], skipped: [], times: [] };
}

/** The sum of several reports. */
export function sumOf(reports: readonly Report[]): Report {
  return {
    passed: reports.reduce((sum, { passed }) => sum + passed, 0),
    failed: reports.flatMap(({ failed }) => failed),
    skipped: reports.flatMap(({ skipped }) => skipped),
    times: reports.flatMap(({ times }) => times),
  };
}

/** The line that ends every run. */
export function closingLine({ passed, failed, skipped }: Report): string {
  const rest = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
  return `${passed} passed, ${failed.length} failed${rest}`;
}

/** Why tests were skipped, a line for each reason and each test without one. */
export function skipLines(skipped: readonly Skipped[]): string[] {
  const lines = skipped.map(({ title, lack }) =>
    lack === undefined ? `skipped without a lack of this machine: ${title}` : `skipped, for lack of ${lack}`,
  );
  return [...new Set(lines)];
}

/** The tests that took longest, a line each, the longest first. */
export function slowLines(times: readonly Time[], count: number): string[] {
  return [...times]
    .sort((a, b) => b.ms - a.ms)
    .slice(0, count)
    .map(({ title, ms }) => `${(ms / 1000).toFixed(1).padStart(8)} s  ${title}`);
}

/** What a test failed with. Mocha has made texts of the two values. */
type Failure = Error & { actual?: string; expected?: string };

/** At most so many lines say why a test failed. */
const MOST_LINES = 30;

/** A failed test as the report has it: its title, the message, how the values differ, and where. */
export function failedTest(test: Test, error: Failure): string {
  const { message, stack = "", actual, expected } = error;
  const difference =
    actual === undefined || expected === undefined ? "" : reporters.Base.generateDiff(actual, expected);
  const calls = stack.split("\n").filter((line) => /^\s+at /.test(line));
  const lines = [message, difference, ...calls.slice(0, 4)].join("\n").split("\n").filter(Boolean);
  return [fullTitle(test), ...lines.slice(0, MOST_LINES).map((line) => `    ${line.trim()}`)].join("\n");
}

/** A test's title with its file and suites: `unit/seed: a sample: is another with another seed`. */
export function fullTitle(test: Test): string {
  const titles = [test.title];
  for (let at: Suite | undefined = test.parent; at !== undefined && !at.root; at = at.parent) {
    titles.unshift(at.title);
  }
  return [fileOf(test), ...titles].join(": ");
}

function fileOf({ file }: Test): string {
  return /dist\/test\/(.*)\.test\.js$/.exec(file ?? "")?.[1] ?? basename(file ?? "");
}

/** A skipped test as the report has it. */
export function skippedTest(test: Test): Skipped {
  const lack = lackOf(test);
  return lack === undefined ? { title: fullTitle(test) } : { title: fullTitle(test), lack };
}
