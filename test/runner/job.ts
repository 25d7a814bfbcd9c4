import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Job } from "./plan";
import { emptyReport, type Report } from "./report";
import { builtPath } from "./select";

/** How a mocha process ended. */
export interface Outcome {
  report: Report;
  /** What it wrote; empty if that went to this process's own output. */
  output: string;
  seconds: number;
}

const running = new Set<ChildProcess>();

/** Ends the jobs that are running, without their reports. */
export function endJobs(): void {
  for (const child of running) child.kill("SIGTERM");
}

/** Runs a job in a mocha process of its own. It ends when this process does. */
export async function runJob(root: string, job: Job, options: readonly string[]): Promise<Outcome> {
  const since = performance.now();
  const child = startMocha(root, job, options);
  running.add(child);
  let output = "";
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  let report: Report | undefined;
  child.on("message", (message: Report) => {
    report = message;
  });
  const ending = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? "" : `exit code ${code ?? signal}`));
  });
  running.delete(child);
  return { report: withEnding(job, report, ending), output, seconds: (performance.now() - since) / 1000 };
}

function startMocha(root: string, { files }: Job, options: readonly string[]): ChildProcess {
  const mocha = join(root, "node_modules/mocha/bin/mocha.js");
  return fork(mocha, [...files.map(builtPath), ...options], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    execArgv: [],
  });
}

/** A process that ended in a way that its report does not explain is a failure, too. */
function withEnding({ name }: Job, report: Report | undefined, ending: string): Report {
  if (report === undefined)
    return { ...emptyReport(), failed: [`${name}: ended before its tests, ${ending}`] };
  if (ending === "" || report.failed.length > 0) return report;
  return { ...report, failed: [`${name}: ended after its tests with ${ending}`] };
}
