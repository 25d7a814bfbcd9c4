import type { ResourceState } from "../resourceState";
import { isProviderType } from "../urn";
import { type Run, Step } from "./step";

/** Leaves a resource as it is; its options and dependencies may differ. */
export class SameStep extends Step {
  readonly op = "same";
  override readonly old: ResourceState;
  override now: ResourceState;

  constructor(
    run: Run,
    states: { old: ResourceState; now: ResourceState },
    done: (state: ResourceState) => void,
  ) {
    super(run, states, done);
    this.old = states.old;
    this.now = states.now;
  }

  async apply(): Promise<void> {
    this.now.id = this.old.id;
    this.now.outputs = this.old.outputs;
    if (isProviderType(this.now.type))
      await this.run.providers.same({ ...this.now, inputs: this.old.inputs });
  }

  end(): Promise<void> {
    this.run.snapshot.keep(this.old, this.now);
    return Promise.resolve();
  }
}

/** Says that a resource is replaced; what does it are a create and a delete. */
export class ReplaceStep extends Step {
  readonly op = "replace";

  constructor(
    run: Run,
    states: { old: ResourceState; now: ResourceState },
    override readonly keys: readonly string[],
    override readonly diffs: readonly string[],
  ) {
    super(run, states);
  }

  async apply(): Promise<void> {}

  end(): Promise<void> {
    return Promise.resolve();
  }
}
