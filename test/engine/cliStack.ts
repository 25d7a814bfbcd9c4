import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import type { Deployment } from "./checkpoint";
import { exited } from "./childProcess";
import type { EngineEvent } from "./events";
import type { Import } from "./importResources";
import { type Project, parseYaml, readProject, type StackConfig } from "./project";
import { type RunResult, readSteps } from "./runResult";
import type { RunOptions, Stack, StackOptions } from "./stack";

/** A Pulumi CLI: what runs it and which version it says it is. */
export interface Cli {
  readonly command: string;
  readonly version: string;
}

interface Output {
  readonly code: number | null;
  readonly stdout: string;
  /** What it wrote, to stdout and stderr, in order. */
  readonly text: string;
}

async function execute(
  command: string,
  args: readonly string[],
  o: { cwd: string; env: NodeJS.ProcessEnv } & Pick<RunOptions, "signal" | "onText">,
): Promise<Output> {
  const child = spawn(command, args, { cwd: o.cwd, env: o.env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let text = "";
  const take = (chunk: string) => {
    text += chunk;
    o.onText?.(chunk);
  };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    take(chunk);
  });
  child.stderr.setEncoding("utf8").on("data", take);
  const cancel = () => child.kill("SIGINT");
  o.signal?.addEventListener("abort", cancel, { once: true });
  try {
    const { code } = await exited(child);
    return { code, stdout, text };
  } finally {
    o.signal?.removeEventListener("abort", cancel);
  }
}

/** The Pulumi CLI on the PATH, if there is one, and if it can run programs of a runtime. */
export async function findCli(runtime: Project["runtime"] = "nodejs"): Promise<Cli | undefined> {
  const host = `pulumi-language-${runtime}`;
  const folders = (process.env.PATH ?? "").split(delimiter);
  if (runtime !== "nodejs" && !folders.some((folder) => existsSync(join(folder, host)))) return undefined;
  try {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    const { code, stdout } = await execute("pulumi", ["version"], { cwd: tmpdir(), env });
    return code === 0 ? { command: "pulumi", version: stdout.trim() } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A stack that the CLI runs, in a backend of its own. The commands that need no program run in a stand-in project of
 * the same name beside the state, so that the stack's configuration file, which the CLI writes to, is not the user's.
 */
class CliStack implements Stack {
  readonly engine: string;
  private readonly standIn: string;
  private readonly configFile: string;
  private readonly env: NodeJS.ProcessEnv;
  private initialized: Promise<void> | undefined;

  constructor(
    private readonly cli: Cli,
    private readonly project: Project,
    private readonly options: StackOptions,
    workDir: string,
  ) {
    this.engine = `Pulumi CLI ${cli.version}`;
    this.standIn = join(workDir, "projects", project.name);
    this.configFile = join(this.standIn, `Pulumi.${options.stack}.yaml`);
    mkdirSync(this.standIn, { recursive: true });
    writeFileSync(join(this.standIn, "Pulumi.yaml"), `name: ${project.name}\nruntime: nodejs\n`);
    this.writeConfig(options.config ?? {});
    this.env = {
      ...process.env,
      ...options.env,
      PULUMI_BACKEND_URL: `file://${workDir}`,
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
      // Without it there is no --event-log.
      PULUMI_DEBUG_COMMANDS: "true",
      NO_COLOR: "1",
    };
    delete this.env.PULUMI_CONFIG_PASSPHRASE_FILE;
  }

  preview(options: RunOptions = {}): Promise<RunResult> {
    return this.perform("preview", [], options);
  }

  up(options: RunOptions = {}): Promise<RunResult> {
    return this.perform("up", ["--yes", "--skip-preview"], options);
  }

  refresh(options: RunOptions = {}): Promise<RunResult> {
    const clear = options.clearPendingCreates ? ["--clear-pending-creates"] : [];
    return this.perform("refresh", ["--yes", "--skip-preview", ...clear], options);
  }

  async import(imports: readonly Import[], options: RunOptions = {}): Promise<RunResult> {
    const file = join(this.standIn, `${this.options.stack}.import.json`);
    writeFileSync(file, JSON.stringify({ resources: imports }));
    const flags = ["--yes", "--skip-preview", "--generate-code=false", "--protect=false"];
    return this.perform("import", ["--file", file, ...flags], options);
  }

  destroy(options: RunOptions = {}): Promise<RunResult> {
    return this.perform("destroy", ["--yes", "--skip-preview"], options);
  }

  async exportState(): Promise<Deployment> {
    return JSON.parse(await this.manage("stack", "export", "--show-secrets"));
  }

  async importState(state: Deployment): Promise<void> {
    const file = join(this.standIn, `${this.options.stack}.import.json`);
    writeFileSync(file, JSON.stringify(state));
    await this.manage("stack", "import", "--file", file);
  }

  async outputs(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.manage("stack", "output", "--json", "--show-secrets"));
  }

  async configure(config: StackConfig): Promise<void> {
    await this.initialize();
    this.writeConfig(config);
  }

  async unlock(): Promise<void> {
    // A stack that is locked cannot be initialized, and there has been a run.
    const { code, text } = await this.run(this.standIn, ["cancel", "--yes", "--stack", this.options.stack]);
    if (code !== 0) throw new Error(`pulumi cancel: ${text}`);
  }

  async remove(): Promise<void> {
    await this.manage("stack", "rm", "--yes", "--force");
    this.initialized = undefined;
  }

  /** Everything in the file but the configuration is the CLI's own, above all the salt of the secrets' key. */
  private writeConfig(config: StackConfig): void {
    const kept = existsSync(this.configFile) ? parseYaml(readFileSync(this.configFile, "utf8")) : {};
    // What is JSON is YAML.
    writeFileSync(this.configFile, JSON.stringify({ ...(kept as object), config }, null, 2));
  }

  private initialize(): Promise<void> {
    this.initialized ??= this.run(this.standIn, ["stack", "init", this.options.stack, "--no-select"]).then(
      ({ code, text }) => {
        if (code !== 0 && !/already exists/.test(text)) throw new Error(`pulumi stack init: ${text}`);
      },
    );
    return this.initialized;
  }

  private run(cwd: string, args: readonly string[], options: RunOptions = {}): Promise<Output> {
    const flags = ["--non-interactive", "--color", "never"];
    return execute(this.cli.command, [...args, ...flags], { ...options, cwd, env: this.env });
  }

  private async manage(...command: string[]): Promise<string> {
    await this.initialize();
    const output = await this.run(this.standIn, [...command, "--stack", this.options.stack]);
    if (output.code !== 0) throw new Error(`pulumi ${command.join(" ")}: ${output.text}`);
    return output.stdout;
  }

  private async perform(command: string, flags: readonly string[], options: RunOptions): Promise<RunResult> {
    await this.initialize();
    const began = performance.now();
    const eventLog = join(this.standIn, `${this.options.stack}.events.jsonl`);
    const { code, text } = await this.run(
      this.project.root,
      [
        ...[
          command,
          "--stack",
          this.options.stack,
          "--config-file",
          this.configFile,
          "--event-log",
          eventLog,
        ],
        ...flags,
        ...(options.display === "progress" ? ["--suppress-progress"] : ["--diff"]),
        ...(options.expectNoChanges ? ["--expect-no-changes"] : []),
        ...(options.replace ?? []).flatMap((end) => ["--replace", `**${end}`]),
        ...(options.parallelism ? ["--parallel", String(options.parallelism)] : []),
      ],
      options,
    );
    const events = readEventLog(eventLog);
    for (const event of events) options.onEvent?.(event);
    const reported = events.flatMap(({ diagnosticEvent: message }) =>
      message && message.severity !== "debug" && !message.ephemeral ? [message] : [],
    );
    const succeeded = code === 0;
    const told = succeeded || reported.some((message) => message.severity === "error");
    return {
      ...{ engine: this.engine, succeeded, text, durationMs: performance.now() - began },
      changes: events.findLast((event) => event.summaryEvent)?.summaryEvent?.resourceChanges ?? {},
      steps: readSteps(events),
      // What fails before or after the engine runs is only printed.
      diagnostics: told ? reported : [...reported, { severity: "error", message: text.trim() }],
    };
  }
}

function readEventLog(path: string): EngineEvent[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as EngineEvent);
}

/** Opens a stack on the CLI, with a file backend in the work directory. */
export function openCliStack(options: StackOptions, cli: Cli): Stack {
  const workDir = resolve(options.workDir ?? mkdtempSync(join(tmpdir(), "taas-state-")));
  return new CliStack(cli, readProject(options.projectDir), options, workDir);
}
