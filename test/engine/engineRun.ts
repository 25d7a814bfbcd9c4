import { Deployment } from "./deployment";
import type { EventLog, ResourceChanges } from "./events";
import { Monitor } from "./monitor";
import { startProgram } from "./program";
import { flattenConfig, type Project, type StackConfig } from "./project";
import { ProviderProcess } from "./providerProcess";
import { dynamicPackage, Providers } from "./providers";
import { Snapshot } from "./snapshot";
import type { StateFile } from "./stateFile";
import { defaultParallelism } from "./stepExecutor";
import type { Run } from "./steps/step";
import { startYaml } from "./yaml/program";

/** What a run works on. */
export interface RunTarget {
  readonly project: Project;
  readonly stack: string;
  readonly config: StackConfig;
  readonly env: Readonly<Record<string, string>>;
  readonly file: StateFile;
  /** Where another stack's state is. */
  readonly stateOf: (project: string, stack: string) => string;
}

/** How it is run. */
export interface RunSettings {
  readonly mode: "preview" | "update";
  readonly log: EventLog;
  readonly parallelism?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly replace?: readonly string[] | undefined;
}

/** The parts of a run that has begun. */
export interface Started {
  readonly run: Run;
  readonly monitor: Monitor;
  readonly address: string;
  readonly config: Readonly<Record<string, string>>;
  readonly env: NodeJS.ProcessEnv;
}

/** Starts the servers and the provider's process, does the work, and stops them whatever happens. */
export async function withRun(
  target: RunTarget,
  { mode, log, signal, replace = [] }: RunSettings,
  work: (started: Started) => Promise<ResourceChanges>,
): Promise<ResourceChanges> {
  const state = await target.file.read();
  const monitor = new Monitor(log);
  const address = await monitor.listen();
  const config = flattenConfig(target.project, target.config);
  const env = { ...process.env, ...target.env };
  const settings = { project: target.project, config, env, engineAddress: address, log };
  const processes: Promise<ProviderProcess>[] = [];
  const start = (begun: Promise<ProviderProcess>) => {
    begun.catch(() => {});
    processes.push(begun);
    return begun;
  };
  // That of dynamic resources begins with the program, which will most likely have some.
  let dynamic =
    target.project.runtime === "nodejs" ? start(ProviderProcess.startDynamic(settings)) : undefined;
  const startProcess = (name: string) => {
    if (name !== dynamicPackage) return start(ProviderProcess.startPlugin(name, settings));
    dynamic ??= start(ProviderProcess.startDynamic(settings));
    return dynamic;
  };
  const cancel = () => {
    for (const begun of processes) void begun.then((process) => process.cancel()).catch(() => {});
  };
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    const run: Run = {
      mode,
      providers: new Providers(startProcess, mode, target.stateOf),
      snapshot: new Snapshot(state, mode === "update" ? target.file : undefined),
      log,
      deletions: new Set(),
      replace,
    };
    return await work({ run, monitor, address, config, env });
  } finally {
    signal?.removeEventListener("abort", cancel);
    const started = await Promise.allSettled(processes);
    await Promise.all(
      started.map(async (process) => process.status === "fulfilled" && (await process.value.stop())),
    );
    monitor.close();
  }
}

/** Runs the program: a preview plans, an update does. */
export function runProgram(target: RunTarget, settings: RunSettings): Promise<ResourceChanges> {
  const parallelism = settings.parallelism ?? defaultParallelism;
  return withRun(target, settings, async ({ run, monitor, address, config, env }) => {
    const pending = run.snapshot.interrupted.length;
    if (pending > 0 && settings.mode === "update") {
      const urns = run.snapshot.interrupted.map(
        ({ resource, type }) => `  * ${resource.urn}, interrupted while ${type}\n`,
      );
      settings.log.diagnose(
        "warning",
        `Attempting to deploy or update resources with ${pending} pending operations from previous deployment.\n${urns.join("")}`,
      );
    }
    const { project, stack } = target;
    const deployment = new Deployment(run, { name: stack, project: project.name, config }, parallelism);
    monitor.serve(deployment);
    const { mode, log } = settings;
    const program =
      project.runtime === "yaml"
        ? startYaml(project.source, { project, stack, config, address, mode })
        : startProgram({
            ...{ project, stack, organization: "organization", config, env, address, parallelism },
            ...{ mode, log },
          });
    const cancel = () => deployment.executor.cancel();
    settings.signal?.addEventListener("abort", cancel, { once: true });
    try {
      await deployment.perform(program);
    } finally {
      settings.signal?.removeEventListener("abort", cancel);
      await program.stop();
    }
    if (settings.signal?.aborted) settings.log.diagnose("error", `${settings.mode} canceled`);
    else if (deployment.executor.errored) settings.log.diagnose("error", `${settings.mode} failed`);
    return deployment.executor.changes;
  });
}
