import { TaasError } from "../provider/errors";
import { harmless, printable, printableLine } from "../provider/printable";
import { UsageError } from "./usageError";

/** An error in the JSON output of a command. */
interface ToldError {
  message: string;
  code?: string;
  host?: string;
  hint?: string;
}

/** What the JSON output says of a problem besides its message. */
export type About = { readonly [Key in "code" | "host" | "hint"]?: string | undefined };

/**
 * The output of a command. Text is written to standard output line by line, at once. With `--json`, standard output is
 * one JSON object with the answer and the `errors`, printed when the command ends, however it ends. Errors and progress
 * are written to standard error.
 */
export class Output {
  private readonly fields: Record<string, unknown> = {};
  private readonly errors: ToldError[] = [];
  private isProgressShown = false;
  private isFinished = false;

  constructor(
    readonly format: "text" | "json",
    private readonly streams: { stdout: NodeJS.WritableStream; stderr: NodeJS.WriteStream } = process,
  ) {}

  /** Whether a problem was reported. */
  get hasErrors(): boolean {
    return this.errors.length > 0;
  }

  /** Prints text for people, made safe for a terminal whatever a host put into it; nothing with `--json`. */
  line(text: string): void {
    if (this.format === "text") this.write(this.streams.stdout, `${harmless(text)}\n`);
  }

  /** Adds fields to the JSON object; nothing without `--json`. */
  answer(fields: Record<string, unknown>): void {
    Object.assign(this.fields, fields);
  }

  /** Prints what an operator has to read before answering a question. */
  notice(text: string): void {
    this.write(this.streams.stderr, `${printableLine(text)}\n`);
  }

  /**
   * Reports a problem: an error, or a message and what is known `about` it. An error other than a TaasError or UsageError is a bug in this program,
   * and is reported with its stack trace.
   */
  complain(problem: unknown, about: About = {}): void {
    const told = toldError(problem, about);
    this.errors.push(told);
    this.write(this.streams.stderr, `pulumi-taas: ${told.message}\n`);
    if (problem instanceof UsageError && problem.usage !== undefined) this.notice(problem.usage);
  }

  /**
   * Shows the current progress in the last line of a terminal, replacing the previous text; nothing if standard error
   * is not a terminal.
   */
  progress(text: string): void {
    const { stderr } = this.streams;
    if (!stderr.isTTY) return;
    stderr.write(`\r\u001b[K${printableLine(text).slice(0, (stderr.columns ?? 80) - 1)}`);
    this.isProgressShown = true;
  }

  /** Ends the output: prints the JSON object. Does nothing when called again. */
  finish(): void {
    if (this.isFinished) return;
    this.isFinished = true;
    this.clearProgress();
    if (this.format === "json") {
      const answer = { ...this.fields, errors: this.errors };
      this.streams.stdout.write(harmless(`${JSON.stringify(answer, null, 2)}\n`));
    }
  }

  private write(stream: NodeJS.WritableStream, text: string): void {
    this.clearProgress();
    stream.write(text);
  }

  private clearProgress(): void {
    if (this.isProgressShown) this.streams.stderr.write("\r\u001b[K");
    this.isProgressShown = false;
  }
}

function toldError(problem: unknown, about: About): ToldError {
  const { code, host, hint } = problem instanceof TaasError ? problem : about;
  return {
    message: printable(messageOf(problem)),
    ...(code !== undefined && { code }),
    ...(host !== undefined && { host: printableLine(host) }),
    ...(hint !== undefined && { hint }),
  };
}

function messageOf(problem: unknown): string {
  if (problem instanceof TaasError || problem instanceof UsageError) return problem.message;
  return String((problem as Error)?.stack ?? problem);
}
