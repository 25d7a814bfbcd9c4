import { type ChildProcess, spawn } from "node:child_process";

/** What a finished command left behind. */
export interface CommandResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** How one command is run. */
export interface CommandOptions {
  /** Written to standard input, which is then closed. Default: no input. */
  input?: string | Buffer;
  /** Milliseconds after which the command is killed and the call rejects. Default 30,000. */
  timeoutMs?: number;
}

/** Nothing of the caller's environment reaches the lab: an `OVS_RUNDIR` there would point at another Open vSwitch. */
export const labEnvironment: NodeJS.ProcessEnv = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
};

/** Runs a command and collects its output; a non-zero exit code is a result. Rejects when it cannot start or overruns its time. */
export function run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { input, timeoutMs = 30_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), { env: labEnvironment, cwd: "/", stdio: "pipe" });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      // A grandchild can hold the pipes open, and `close` would then never come.
      child.stdout.destroy();
      child.stderr.destroy();
      reject(new Error(`${argv.join(" ")}\nnot finished after ${timeoutMs} ms`));
    }, timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString() + (signal ? `\nended by ${signal}` : ""),
        exitCode: code ?? 128,
      });
    });
    child.stdin.on("error", () => {}); // a command that ends without reading its input is judged by its exit code
    child.stdin.end(input ?? "");
  });
}

/** Runs a command that must succeed; resolves with its standard output. */
export async function must(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { stdout, stderr, exitCode } = await run(argv, options);
  if (exitCode === 0) return stdout;
  const input = options.input === undefined ? "" : `\n${options.input}`;
  throw new Error(`${argv.join(" ")}${input}\nexit code ${exitCode}: ${stderr}${stdout}`);
}

/** Starts a long-lived process that does not keep this one alive, and waits for the first line that it prints on `stream`
 *  and that `pattern` matches. Rejects with all it printed when it ends before. */
export function startUntil(
  argv: readonly string[],
  pattern: RegExp,
  stream: "stdout" | "stderr" = "stdout",
): Promise<{ child: ChildProcess; match: RegExpMatchArray }> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      env: labEnvironment,
      cwd: "/",
      stdio: "pipe",
      detached: true,
    });
    let seen = "";
    const look = (name: "stdout" | "stderr") => (chunk: Buffer) => {
      if (seen.length > 65_536) return;
      seen += chunk.toString();
      const match = name === stream ? seen.match(pattern) : null;
      if (!match) return;
      child.removeAllListeners("close");
      child.unref();
      for (const pipe of child.stdio) (pipe as unknown as { unref?(): void } | null)?.unref?.();
      resolve({ child, match });
    };
    child.stdout.on("data", look("stdout"));
    child.stderr.on("data", look("stderr"));
    child.stdin.on("error", () => {});
    child.on("error", reject);
    child.on("close", (code) =>
      reject(new Error(`${argv.join(" ")}\nended with exit code ${code}: ${seen}`)),
    );
  });
}
