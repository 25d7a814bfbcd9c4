import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type Exit, exited, interrupt, onLines } from "./childProcess";
import type { EventLog } from "./events";
import type { Project } from "./project";

/** The protocol's messages may be large; these are the SDK's own limits. */
export const channelOptions = {
  "grpc.max_receive_message_length": 1024 * 1024 * 400,
  "grpc.max_send_message_length": 1024 * 1024 * 400,
};

/** Milliseconds that a provider has to answer a cancellation. */
const PATIENCE = 5000;

/** What providers' processes are started with. */
export interface ProcessSettings {
  readonly project: Project;
  readonly config: Readonly<Record<string, string>>;
  readonly env: NodeJS.ProcessEnv;
  readonly engineAddress: string;
  readonly log: EventLog;
}

/** A process that serves a provider on a port of the loopback, which is the first line that it prints. */
export class ProviderProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly gone: Promise<Exit>,
    readonly client: ResourceProviderClient,
  ) {}

  /** Starts the SDK's process for dynamic providers, as the CLI's `pulumi-resource-pulumi-nodejs` does. */
  static startDynamic(o: ProcessSettings): Promise<ProviderProcess> {
    const script = createRequire(join(o.project.programDir, "index.js")).resolve(
      "@pulumi/pulumi/cmd/dynamic-provider",
    );
    const runtime = Object.entries(o.project.runtimeOptions).map(
      ([key, value]) => [`PULUMI_RUNTIME_${key.toUpperCase()}`, String(value)] as const,
    );
    return ProviderProcess.start(process.execPath, [script], o, {
      PULUMI_CONFIG: JSON.stringify(o.config),
      PULUMI_PROJECT: o.project.name,
      PULUMI_NODEJS_PROJECT: o.project.name,
      ...Object.fromEntries(runtime),
    });
  }

  /** Starts the plugin of a package: its executable in the folder that the project names, else on the PATH. */
  static startPlugin(name: string, o: ProcessSettings): Promise<ProviderProcess> {
    const executable = `pulumi-resource-${name}`;
    const folder = o.project.plugins[name];
    return ProviderProcess.start(folder === undefined ? executable : join(folder, executable), [], o, {});
  }

  private static async start(
    command: string,
    args: readonly string[],
    { project, env, engineAddress, log }: ProcessSettings,
    variables: NodeJS.ProcessEnv,
  ): Promise<ProviderProcess> {
    const child = spawn(command, [...args, engineAddress], {
      cwd: project.programDir,
      env: { ...env, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
      // Away from the terminal's process group: Ctrl-C is for the engine, which then decides.
      detached: true,
    });
    const gone = exited(child);
    onLines(child.stderr, (line) => log.diagnose("info#err", line));
    const port = await new Promise<number>((resolve, reject) => {
      let first = true;
      onLines(child.stdout, (line) => {
        if (!first) return log.diagnose("info", line);
        first = false;
        resolve(Number(line));
      });
      const failed = () => reject(new Error(`the process of ${command} ended before it served`));
      gone.then(failed, reject);
    });
    const credentials = grpc.credentials.createInsecure();
    return new ProviderProcess(
      child,
      gone,
      new ResourceProviderClient(`127.0.0.1:${port}`, credentials, channelOptions),
    );
  }

  /** Has it end what is under way, as at Ctrl-C; it goes on answering. */
  cancel(): Promise<void> {
    return new Promise((resolve) => {
      this.client.cancel(new Empty(), new grpc.Metadata(), { deadline: Date.now() + PATIENCE }, () =>
        resolve(),
      );
    });
  }

  /** Ends the process as the CLI does when a run is over: cancels, sends SIGINT, and SIGKILL 5 seconds later. */
  async stop(): Promise<void> {
    await this.cancel();
    this.client.close();
    await interrupt(this.child, this.gone);
  }
}
