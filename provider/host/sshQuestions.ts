import { setImmediate as breath } from "node:timers/promises";
import { type ProcessOutcome, runProcess } from "./process";
import { quoteArgv } from "./quote";

/** A call of the local `ssh` program that prints an answer and connects to nothing. */
interface Question {
  argv: readonly string[];
  timeoutMs: number;
  resolve(outcome: ProcessOutcome): void;
}

/** The whole environment of this process, because `Match exec` of the user's configuration may use any variable. */
const environment = () => ({ ...process.env, LC_ALL: "C" });

/** The questions of this turn of the event loop. */
let waiting: Question[] = [];

/**
 * Runs `ssh` with arguments. Starting a process takes much longer than what it does, so one shell asks all questions of
 * a turn of the event loop. A question without an answer is then asked by itself, and so is every question if there is
 * no shell.
 */
export function askSsh(argv: readonly string[], timeoutMs: number): Promise<ProcessOutcome> {
  return new Promise((resolve) => {
    waiting.push({ argv, timeoutMs, resolve });
    if (waiting.length === 1) void breath().then(askAll);
  });
}

async function askAll(): Promise<void> {
  const questions = waiting;
  waiting = [];
  const answers = questions.length < 2 ? [] : await askTogether(questions);
  for (const [index, { argv, timeoutMs, resolve }] of questions.entries()) {
    const stdout = answers[index];
    if (stdout !== undefined) resolve({ kind: "exited", result: { stdout, stderr: "", exitCode: 0 } });
    else void runProcess("ssh", argv, { timeoutMs, environment: environment() }).then(resolve);
  }
}

/** Precedes the exit code of an answer; `ssh -G` prints no line like it. */
const END = "= end of answer:";

/** The answers to the questions for which `ssh` succeeded, at their positions. */
async function askTogether(questions: readonly Question[]): Promise<(string | undefined)[]> {
  const timeoutMs = Math.min(...questions.map((question) => question.timeoutMs));
  const script = questions.map(({ argv }) => scriptLine(argv)).join("\n");
  const outcome = await runProcess("sh", ["-c", script], { timeoutMs, environment: environment() });
  if (outcome.kind !== "exited") return [];
  const answers = outcome.result.stdout.split(new RegExp(`^${END}(.*)\n`, "m"));
  return questions.map((_, index) => (answers[2 * index + 1] === " 0" ? answers[2 * index] : undefined));
}

function scriptLine(argv: readonly string[]): string {
  try {
    return `${quoteArgv(["ssh", ...argv])} </dev/null 2>/dev/null; echo "${END} $?"`;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return `echo "${END} not for a shell"`;
  }
}
