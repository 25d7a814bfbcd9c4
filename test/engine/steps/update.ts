import { type DetailedDiff, InitFailure } from "../provider";
import type { ResourceState } from "../resourceState";
import { type Run, Step } from "./step";

/** Changes a resource in place. */
export class UpdateStep extends Step {
  readonly op = "update";
  override readonly old: ResourceState;
  override now: ResourceState;

  constructor(
    run: Run,
    states: { old: ResourceState; now: ResourceState },
    done: (state: ResourceState) => void,
    override readonly diffs: readonly string[],
    override readonly detailed: DetailedDiff | undefined,
  ) {
    super(run, states, done);
    this.old = states.old;
    this.now = states.now;
  }

  override begin(): Promise<void> {
    return this.run.snapshot.begin(this.now, "updating");
  }

  async apply(): Promise<void> {
    const { old, now } = this;
    now.id = old.id;
    now.created = old.created;
    now.modified = old.modified;
    if (!now.custom) return;
    try {
      now.outputs = await this.run.providers.of(now).update({
        urn: now.urn,
        id: old.id,
        oldInputs: old.inputs,
        oldOutputs: old.outputs ?? {},
        newInputs: now.inputs,
        ignoreChanges: now.ignoreChanges,
        timeout: now.customTimeouts?.update ?? 0,
      });
    } catch (error) {
      if (!(error instanceof InitFailure)) throw error;
      now.outputs = error.outputs;
      now.initErrors = error.reasons;
      // What exists was not made with the new inputs, or not wholly.
      now.inputs = old.inputs;
      throw error;
    } finally {
      now.modified = new Date().toISOString();
    }
  }

  end(outcome: "succeeded" | "failed"): Promise<void> {
    if (outcome === "failed") return this.run.snapshot.end(this.now, {});
    return this.run.snapshot.end(this.now, { gone: [this.old], made: [this.now] });
  }
}
