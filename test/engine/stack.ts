import type { Deployment } from "./checkpoint";
import { findCli, openCliStack } from "./cliStack";
import { openEngineStack } from "./engineStack";
import type { EngineEvent } from "./events";
import type { Import } from "./importResources";
import { readProject, type StackConfig } from "./project";
import type { RunResult } from "./runResult";

/** What every operation takes. */
export interface RunOptions {
  /** How `text` is written: every property that changes, or a line a resource. Default "diff". */
  readonly display?: "diff" | "progress";
  /** Fail when anything changes. */
  readonly expectNoChanges?: boolean;
  /** How many steps may run at the same time. Default as the CLI's: 4 for each CPU. */
  readonly parallelism?: number;
  /** Told of `text` as it comes. */
  readonly onText?: (text: string) => void;
  /** Told of every event as it happens; with the CLI, when the run is over. */
  readonly onEvent?: (event: EngineEvent) => void;
  /** Cancels the run, as Ctrl-C does: what runs is finished, nothing more begins. */
  readonly signal?: AbortSignal;
  /** Preview and up only: ends of the URNs of resources to replace, whatever their providers say. */
  readonly replace?: readonly string[];
  /** Refresh only: forget creates that an earlier run had begun and not ended. */
  readonly clearPendingCreates?: boolean;
}

/**
 * A stack of a Pulumi project, run by the Pulumi CLI or by this project's own test engine. An operation that fails does
 * not throw: `succeeded` is false and `diagnostics` say why. What cannot even begin (no such project) throws.
 */
export interface Stack {
  /** Which engine runs it, for people: "Pulumi CLI v3.260.0" or "the project's own test engine". */
  readonly engine: string;
  /** What `up` would do. */
  preview(options?: RunOptions): Promise<RunResult>;
  /** Makes it so, without a preview before. */
  up(options?: RunOptions): Promise<RunResult>;
  /** Reads every resource and records what it finds. Does not run the program. */
  refresh(options?: RunOptions): Promise<RunResult>;
  /** Takes resources into the state that exist already. Does not run the program. */
  import(imports: readonly Import[], options?: RunOptions): Promise<RunResult>;
  /** Deletes every resource. Does not run the program. */
  destroy(options?: RunOptions): Promise<RunResult>;
  /** The state, secrets in plain text. */
  exportState(): Promise<Deployment>;
  /** Replaces the state. As with `pulumi stack import`, operations that had not ended are forgotten. */
  importState(state: Deployment): Promise<void>;
  /** The stack's outputs. */
  outputs(): Promise<Record<string, unknown>>;
  /** Replaces the stack's configuration. */
  configure(config: StackConfig): Promise<void>;
  /** Removes the lock that a run which was killed has left. */
  unlock(): Promise<void>;
  /** Removes the stack's state, but none of its resources. */
  remove(): Promise<void>;
}

/** Which stack of which project, and where its state is kept. */
export interface StackOptions {
  /** The directory of Pulumi.yaml. */
  readonly projectDir: string;
  readonly stack: string;
  readonly config?: StackConfig;
  /** Added to the environment of the program and of the provider's process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where state is kept; stacks with the same one can refer to each other. Default: a new temporary directory. */
  readonly workDir?: string;
  /** The test engine only: the state file itself, instead of one in `workDir`. */
  readonly stateFile?: string;
  /** Default: the CLI if there is one on the PATH, and what it runs the project's language with. `TAAS_TEST_ENGINE` ("engine" or "cli") decides where this is unset. */
  readonly use?: "engine" | "cli";
}

/** Opens a stack, which need not exist yet. */
export async function openStack(options: StackOptions): Promise<Stack> {
  const wanted = options.use ?? process.env.TAAS_TEST_ENGINE;
  if (wanted === "engine") return openEngineStack(options);
  const cli = await findCli(readProject(options.projectDir).runtime);
  if (cli) return openCliStack(options, cli);
  if (wanted === "cli") throw new Error("the Pulumi CLI was asked for, but there is no pulumi on the PATH");
  return openEngineStack(options);
}
