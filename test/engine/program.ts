import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Exit, exited, interrupt, onLines } from "./childProcess";
import type { EventLog } from "./events";
import type { Project } from "./project";

/** The SDK ends a program with this code when it has told the operator what is wrong. */
const reportedExitCode = 32;

/** A running Pulumi program. */
export interface Program {
  /** Resolves when the process is gone; rejects when it failed without having told why. */
  readonly finished: Promise<"succeeded" | "reported">;
  /** Ends it: SIGINT, and SIGKILL 5 seconds later. */
  stop(): Promise<void>;
}

/** Starts a program with the SDK's own runtime, as the CLI's language host does. */
export function startProgram(o: {
  project: Project;
  stack: string;
  organization: string;
  config: Readonly<Record<string, string>>;
  env: NodeJS.ProcessEnv;
  address: string;
  mode: "preview" | "update";
  parallelism: number;
  log: EventLog;
}): Program {
  const script = createRequire(join(o.project.programDir, "index.js")).resolve("@pulumi/pulumi/cmd/run");
  const options = o.project.runtimeOptions;
  const nodeArguments = String(options.nodeargs ?? "")
    .split(/\s+/)
    .filter(Boolean);
  const config = Object.entries(o.config).map(([key, value]) => [key.replace(":", ":config:"), value]);
  const child = spawn(
    process.execPath,
    [
      ...nodeArguments,
      script,
      ...["--monitor", o.address, "--engine", o.address],
      ...["--organization", o.organization, "--project", o.project.name],
      ...["--root-directory", o.project.root, "--stack", o.stack, "--pwd", o.project.programDir],
      ...(o.mode === "preview" ? ["--dry-run"] : []),
      ...["--parallel", String(o.parallelism)],
      o.project.entryPoint,
    ],
    {
      cwd: o.project.programDir,
      env: {
        ...o.env,
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(config)),
        PULUMI_CONFIG_SECRET_KEYS: "[]",
        ...(options.typescript === false ? {} : { PULUMI_NODEJS_TYPESCRIPT: "true" }),
        ...(options.tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: String(options.tsconfig) } : {}),
      },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    },
  );
  onLines(child.stdout, (line) => o.log.diagnose("info", line));
  onLines(child.stderr, (line) => o.log.diagnose("info#err", line));
  const gone = exited(child);
  const finished = gone.then((exit: Exit) => {
    if (exit.code === 0) return "succeeded";
    if (exit.code === reportedExitCode) return "reported";
    throw new Error(`Program exited with non-zero exit code: ${exit.code ?? exit.signal}`);
  });
  finished.catch(() => {});
  return { finished, stop: () => interrupt(child, gone) };
}
