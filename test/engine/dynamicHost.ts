import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { type Exit, exited, interrupt, onLines } from "./childProcess";
import type { EventLog } from "./events";
import type { Project } from "./project";

/** The protocol's messages may be large; these are the SDK's own limits. */
export const channelOptions = {
  "grpc.max_receive_message_length": 1024 * 1024 * 400,
  "grpc.max_send_message_length": 1024 * 1024 * 400,
};

/** The SDK's process that runs dynamic providers; one a run of the engine. */
export class DynamicHost {
  private constructor(
    private readonly child: ChildProcess,
    private readonly gone: Promise<Exit>,
    readonly client: ResourceProviderClient,
  ) {}

  /** Starts the process as the CLI's `pulumi-resource-pulumi-nodejs` does and waits until it serves. */
  static async start(o: {
    project: Project;
    config: Readonly<Record<string, string>>;
    env: NodeJS.ProcessEnv;
    engineAddress: string;
    log: EventLog;
  }): Promise<DynamicHost> {
    const script = createRequire(join(o.project.programDir, "index.js")).resolve(
      "@pulumi/pulumi/cmd/dynamic-provider",
    );
    const child = spawn(process.execPath, [script, o.engineAddress], {
      cwd: o.project.programDir,
      env: {
        ...o.env,
        PULUMI_CONFIG: JSON.stringify(o.config),
        PULUMI_PROJECT: o.project.name,
        PULUMI_NODEJS_PROJECT: o.project.name,
        ...Object.fromEntries(
          Object.entries(o.project.runtimeOptions).map(([key, value]) => [
            `PULUMI_RUNTIME_${key.toUpperCase()}`,
            String(value),
          ]),
        ),
      },
      stdio: ["ignore", "pipe", "pipe"],
      // Away from the terminal's process group: Ctrl-C is for the engine, which then decides.
      detached: true,
    });
    const gone = exited(child);
    onLines(child.stderr, (line) => o.log.diagnose("info#err", line));
    const port = await new Promise<number>((resolve, reject) => {
      let first = true;
      onLines(child.stdout, (line) => {
        if (!first) return o.log.diagnose("info", line);
        first = false;
        resolve(Number(line));
      });
      const failed = () => reject(new Error("the dynamic provider's process ended before it served"));
      gone.then(failed, reject);
    });
    const credentials = grpc.credentials.createInsecure();
    return new DynamicHost(
      child,
      gone,
      new ResourceProviderClient(`127.0.0.1:${port}`, credentials, channelOptions),
    );
  }

  /** Ends the process: SIGINT, and SIGKILL 5 seconds later. */
  async stop(): Promise<void> {
    this.client.close();
    await interrupt(this.child, this.gone);
  }
}
