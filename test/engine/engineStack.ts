import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { assertDeployment, type Deployment } from "./checkpoint";
import { destroyAll } from "./destroy";
import { renderer } from "./display";
import { type RunSettings, type RunTarget, runProgram } from "./engineRun";
import { EventLog, type ResourceChanges } from "./events";
import { type Import, importResources } from "./importResources";
import { readProject, type StackConfig } from "./project";
import { fromCheckpointValue, type PropertyMap, plainProperties } from "./properties";
import { refreshAll } from "./refresh";
import { hasChanges, type RunResult, readSteps } from "./runResult";
import type { RunOptions, Stack, StackOptions } from "./stack";
import { StateFile } from "./stateFile";
import { isRootStack } from "./urn";

/** What the test engine calls itself. */
const engineName = "the project's own test engine";

/** One kind of run. */
interface Work {
  readonly title: string;
  readonly mode: RunSettings["mode"];
  readonly operate: (
    target: RunTarget,
    settings: RunSettings,
    options: RunOptions,
  ) => Promise<ResourceChanges>;
}

/** A stack whose operations run in this process. */
class EngineStack implements Stack {
  readonly engine = engineName;

  constructor(private target: RunTarget) {}

  preview(options: RunOptions = {}): Promise<RunResult> {
    return this.perform({ title: "Previewing update", mode: "preview", operate: runProgram }, options);
  }

  up(options: RunOptions = {}): Promise<RunResult> {
    return this.perform({ title: "Updating", mode: "update", operate: runProgram }, options);
  }

  refresh(options: RunOptions = {}): Promise<RunResult> {
    return this.perform({ title: "Refreshing", mode: "update", operate: refreshAll }, options);
  }

  destroy(options: RunOptions = {}): Promise<RunResult> {
    return this.perform({ title: "Destroying", mode: "update", operate: destroyAll }, options);
  }

  import(imports: readonly Import[], options: RunOptions = {}): Promise<RunResult> {
    const operate: Work["operate"] = (target, settings) => importResources(target, settings, imports);
    return this.perform({ title: "Importing", mode: "update", operate }, options);
  }

  exportState(): Promise<Deployment> {
    return this.target.file.read();
  }

  importState(state: Deployment): Promise<void> {
    const { pending_operations: _, ...kept } = assertDeployment(state).deployment;
    return this.target.file.write(() => ({ ...state, deployment: kept }));
  }

  async outputs(): Promise<Record<string, unknown>> {
    const { deployment } = await this.exportState();
    const root = deployment.resources?.find((resource) => isRootStack(resource.urn));
    return plainProperties(fromCheckpointValue(root?.outputs ?? {}) as PropertyMap);
  }

  async configure(config: StackConfig): Promise<void> {
    this.target = { ...this.target, config };
  }

  /** This engine locks nothing. */
  async unlock(): Promise<void> {}

  remove(): Promise<void> {
    return this.target.file.remove();
  }

  private async perform({ title, mode, operate }: Work, options: RunOptions): Promise<RunResult> {
    const began = performance.now();
    const toText = renderer(options.display ?? "diff");
    let text = "";
    const print = (more: string) => {
      text += more;
      if (more) options.onText?.(more);
    };
    print(`${title} (${this.target.stack}):\n`);
    const log = new EventLog((event) => {
      print(toText(event));
      options.onEvent?.(event);
    });
    const { parallelism, signal, replace } = options;
    let changes: ResourceChanges = {};
    try {
      changes = await operate(this.target, { mode, log, parallelism, signal, replace }, options);
    } catch (error) {
      log.diagnose("error", (error as Error).message);
    }
    if (options.expectNoChanges && !log.hasError && hasChanges(changes)) {
      const what = mode === "preview" ? "were proposed" : "occurred";
      log.diagnose("error", `no changes were expected but changes ${what}`);
    }
    const durationMs = performance.now() - began;
    const isPreview = mode === "preview";
    log.emit({
      summaryEvent: { resourceChanges: changes, isPreview, durationSeconds: Math.ceil(durationMs / 1000) },
    });
    const messages = log.events.flatMap((event) => event.diagnosticEvent ?? []);
    const diagnostics = messages.filter((message) => message.severity !== "debug");
    return {
      ...{ engine: this.engine, succeeded: !log.hasError, changes, diagnostics, durationMs },
      ...{ text, steps: readSteps(log.events) },
    };
  }
}

/** Opens a stack on the test engine, which runs the nodejs and yaml runtimes. */
export function openEngineStack(options: StackOptions): Stack {
  const project = readProject(options.projectDir);
  if (!["nodejs", "yaml"].includes(project.runtime))
    throw new Error(
      `${project.root}: the runtime is ${project.runtime}, the test engine runs nodejs and yaml`,
    );
  const file = options.stateFile && resolve(options.stateFile);
  const beside = file ? dirname(file) : undefined;
  const workDir = resolve(options.workDir ?? beside ?? mkdtempSync(join(tmpdir(), "taas-state-")));
  const stateOf = (projectName: string, stack: string) => join(workDir, projectName, `${stack}.json`);
  const path = file ?? stateOf(project.name, options.stack);
  return new EngineStack({
    ...{ project, stack: options.stack, config: options.config ?? {}, env: options.env ?? {}, stateOf },
    file: new StateFile(path),
  });
}
