import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, constants, tmpdir } from "node:os";
import { join } from "node:path";
import { SEED } from "../seed";
import { endJobs, type Outcome, runJob } from "./job";
import { type Job, planOf } from "./plan";
import { closingLine, type Report, skipLines, slowLines, sumOf } from "./report";
import { allTestFiles, builtPath, select, splitArguments } from "./select";

const ROOT = join(__dirname, "../../..");

/** How many files run side by side. They wait more than half of the time, so five for every two processors. */
const JOBS = Number(process.env.TAAS_JOBS ?? Math.ceil(2.5 * availableParallelism()));

/** How many of the longest tests, and of the longest files, are listed at the end. */
const SLOW = Number(process.env.TAAS_SLOW ?? 0);

/** The exit code of a run that a signal ends; undefined until then. */
let endedBy: number | undefined;

/** At a signal, no more jobs are started and those that run are ended. The run then ends as always, with its count. */
function endAtSignals(): void {
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      endedBy = 128 + constants.signals[signal];
      endJobs();
    });
}

/** Runs jobs, so many at a time, and shows what each wrote when it ends. */
async function runAll(
  jobs: readonly Job[],
  width: number,
  run: (job: Job) => Promise<Outcome>,
): Promise<Outcome[]> {
  const queue = [...jobs];
  const outcomes: Outcome[] = [];
  const worker = async () => {
    for (let job = queue.shift(); job !== undefined && endedBy === undefined; job = queue.shift()) {
      const outcome = await run(job);
      if (endedBy !== undefined) return;
      outcomes.push(outcome);
      show(job, outcome);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return outcomes;
}

function show({ name }: Job, { report, output, seconds }: Outcome): void {
  process.stdout.write(
    `${output.trimEnd()}\n\n  -- ${name}: ${closingLine(report)} in ${seconds.toFixed(0)} s\n`,
  );
}

/** Lets all processes of this run share what V8 compiles, in a directory that ends with it, and load no more than they use. */
function shareCompiled(): void {
  const directory = mkdtempSync(join(tmpdir(), "taas-compiled-"));
  process.on("exit", () => {
    try {
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // After a signal, what a test had started may still write there. How the run ended counts more.
    }
  });
  process.env.NODE_COMPILE_CACHE = directory;
  const preloaded = ["compileCache", "lateArborist"].map(
    (name) => `--require ${JSON.stringify(join(ROOT, `dist/test/${name}.js`))}`,
  );
  process.env.NODE_OPTIONS = [process.env.NODE_OPTIONS, ...preloaded].filter(Boolean).join(" ");
}

/** What is said at the end: the longest tests if asked for, what was skipped and why, what failed, the seed, how long it took, and the count. */
function summary(total: Report, files: readonly { title: string; ms: number }[], seconds: number): string {
  const slow = SLOW > 0 ? [...slowLines(files, SLOW), "", ...slowLines(total.times, SLOW), ""] : [];
  const seed = total.failed.length > 0 ? [`TAAS_SEED=${SEED} repeats what was random`] : [];
  const failed = total.failed.map((title) => `failed: ${title}`);
  const took = `${endedBy === undefined ? "took" : "was ended after"} ${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return ["", ...slow, ...skipLines(total.skipped), ...failed, ...seed, took, closingLine(total)].join("\n");
}

async function main(): Promise<void> {
  const { words, options } = splitArguments(process.argv.slice(2));
  const { together, alone } = planOf(select(allTestFiles(ROOT), words));
  process.env.TAAS_SEED = String(SEED);
  const jobs = [...together, ...alone];
  if (jobs.length === 1) {
    const argv = [
      join(ROOT, "node_modules/mocha/bin/mocha.js"),
      ...jobs[0]!.files.map(builtPath),
      ...options,
    ];
    process.exitCode = spawnSync(process.execPath, argv, { cwd: ROOT, stdio: "inherit" }).status ?? 1;
    return;
  }
  shareCompiled();
  endAtSignals();
  process.stdout.write(`${jobs.length} jobs, ${JOBS} side by side; seed ${SEED}\n`);
  const times: { title: string; ms: number }[] = [];
  const run = async (job: Job) => {
    const outcome = await runJob(ROOT, job, options);
    times.push({ title: job.name, ms: outcome.seconds * 1000 });
    return outcome;
  };
  const since = performance.now();
  const outcomes = [...(await runAll(together, JOBS, run)), ...(await runAll(alone, 1, run))];
  const total = sumOf(outcomes.map(({ report }) => report));
  process.stdout.write(`${summary(total, times, (performance.now() - since) / 1000)}\n`);
  process.exitCode = endedBy ?? (total.failed.length > 0 || total.passed === 0 ? 1 : 0);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
