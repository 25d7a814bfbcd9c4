import { availableParallelism } from "node:os";
import type { Op, ResourceChanges } from "./events";
import { containsValue, isSecret, makeSecret, type PropertyMap } from "./properties";
import { InitFailure } from "./provider";
import type { ResourceState } from "./resourceState";
import { ProtectedError } from "./steps/delete";
import type { Run, Step } from "./steps/step";
import { isProviderType, type Urn } from "./urn";

/** How many steps run at the same time, as the CLI has it. */
export const defaultParallelism = 4 * availableParallelism();

/**
 * Runs chains of steps: a chain in its order, several at the same time. After the first failure no further step begins,
 * unless failures are to be passed over.
 */
export class StepExecutor {
  readonly changes: ResourceChanges = {};
  /** The last step on each URN, whose outputs may be registered later. */
  readonly latest = new Map<Urn, Step>();
  private readonly running = new Set<Promise<void>>();
  private readonly waiting: (() => void)[] = [];
  private busy = 0;
  private failed = false;
  private halted = false;
  private readonly stopped: Promise<void>;
  private stop: () => void = () => {};

  constructor(
    private readonly run: Run,
    private readonly parallelism: number,
    private readonly onFailure: "stop" | "go-on" = "stop",
  ) {
    this.stopped = new Promise((resolve) => {
      this.stop = resolve;
    });
  }

  /** Whether a step failed or the run was cancelled. */
  get errored(): boolean {
    return this.failed;
  }

  /** Resolves when a step failed or the run was cancelled. */
  get cancelled(): Promise<void> {
    return this.stopped;
  }

  /** Lets no further step begin. */
  cancel(): void {
    this.failed = this.halted = true;
    this.stop();
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** Begins a chain as soon as there is room; the promise tells that it is over, failed or not. */
  execute(chain: readonly Step[]): Promise<void> {
    const over = this.runChain(chain)
      .catch((error: Error) => {
        this.run.log.diagnose("error", `the state could not be written: ${error.message}`);
        this.cancel();
      })
      .finally(() => this.running.delete(over));
    this.running.add(over);
    return over;
  }

  /** Resolves when every chain that was begun is over. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  private async runChain(chain: readonly Step[]): Promise<void> {
    await this.enter();
    try {
      for (const step of chain) {
        if (this.halted) return;
        if (!(await this.runStep(step))) return;
      }
    } finally {
      this.busy--;
      this.waiting.shift()?.();
    }
  }

  private async enter(): Promise<void> {
    while (this.busy >= this.parallelism && !this.halted) {
      await new Promise<void>((wake) => this.waiting.push(wake));
    }
    this.busy++;
  }

  private async runStep(step: Step): Promise<boolean> {
    this.emit("resourcePreEvent", step);
    await step.begin();
    const error = await step.apply().then(
      () => undefined,
      (reason: Error) => reason,
    );
    if (step.now) markSecrets(step.now);
    if (error) this.report(step, error);
    else this.count(step);
    await step.end(!error || error instanceof InitFailure ? "succeeded" : "failed");
    if (error) return false;
    if (step.logical && step.now) this.latest.set(step.resource.urn, step);
    step.complete();
    return true;
  }

  private report(step: Step, error: Error): void {
    this.run.log.diagnose("error", error.message, isInternal(step) ? "" : step.resource.urn);
    this.emit("resOpFailedEvent", step);
    // Nothing was attempted on a protected resource, so the other deletions may go on and tell of theirs.
    if (this.onFailure === "go-on" || error instanceof ProtectedError) this.failed = true;
    else this.cancel();
  }

  private count(step: Step): void {
    if (isInternal(step)) return;
    const op = step.resultOp;
    if (step.counts) this.changes[op] = (this.changes[op] ?? 0) + 1;
    if (step.resource.custom || step.op === "delete" || step.op === "refresh")
      this.emit("resOutputsEvent", step, op);
  }

  /** Tells of a step. */
  emit(event: "resourcePreEvent" | "resOutputsEvent" | "resOpFailedEvent", step: Step, op?: Op): void {
    if (isInternal(step)) return;
    this.run.log.emit({ [event]: { metadata: step.metadata(op), planning: this.run.mode === "preview" } });
  }
}

/** The engine's own steps are not told of. */
function isInternal(step: Step): boolean {
  return isProviderType(step.resource.type) || step.op === "remove-pending-replace";
}

/** An output is secret if the program says so, or if the input of the same name is. */
function markSecrets(state: ResourceState): void {
  if (!state.outputs) return;
  const outputs: PropertyMap = { ...state.outputs };
  for (const key of Object.keys(outputs)) {
    const input = state.inputs[key];
    const secret = state.additionalSecretOutputs.includes(key) || (input !== undefined && isSecret(input));
    if (secret) outputs[key] = makeSecret(outputs[key] ?? null);
  }
  if (Object.values(outputs).some((value) => containsValue(value, isSecret))) state.outputs = outputs;
}
