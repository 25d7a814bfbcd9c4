import type { EventLog, Op, StepMetadata, StepState } from "../events";
import { blindProperties } from "../properties";
import type { DetailedDiff } from "../provider";
import type { Providers } from "../providers";
import type { ResourceState } from "../resourceState";
import type { Snapshot } from "../snapshot";
import type { Urn } from "../urn";

/** What the steps of one run share. */
export interface Run {
  readonly mode: "preview" | "update";
  readonly providers: Providers;
  readonly snapshot: Snapshot;
  readonly log: EventLog;
  /** URNs that this run deletes, for what is deleted with them. */
  readonly deletions: Set<Urn>;
  /** Ends of the URNs of resources to replace, whatever their providers say. */
  readonly replace: readonly string[];
}

function stepState(state: ResourceState | undefined): StepState | null {
  if (!state) return null;
  return {
    type: state.type,
    urn: state.urn,
    custom: state.custom,
    id: state.id,
    parent: state.parent,
    protect: state.protect,
    retainOnDelete: state.retainOnDelete,
    inputs: blindProperties(state.inputs),
    outputs: blindProperties(state.outputs ?? {}),
    provider: state.provider,
    ...(state.initErrors.length ? { initErrors: state.initErrors } : {}),
  };
}

/** One thing done to one resource. `old` is its state before, `now` the one being made. */
export abstract class Step {
  abstract readonly op: Op;
  /** Whether it counts as a change of its own, not as a part of a replacement. */
  readonly logical: boolean = true;
  readonly keys: readonly string[] = [];
  readonly diffs: readonly string[] = [];
  readonly detailed: DetailedDiff | undefined;
  readonly old: ResourceState | undefined;
  now: ResourceState | undefined;

  constructor(
    protected readonly run: Run,
    states: { old?: ResourceState | undefined; now?: ResourceState | undefined },
    private readonly done: (state: ResourceState) => void = () => {},
  ) {
    this.old = states.old;
    this.now = states.now;
  }

  /** The latest known state. */
  get resource(): ResourceState {
    return (this.now ?? this.old) as ResourceState;
  }

  /** What it turned out to be: the same as `op`, except for a refresh. */
  get resultOp(): Op {
    return this.op;
  }

  /** Whether the summary counts it. */
  get counts(): boolean {
    return this.logical;
  }

  /** Records that the step begins. */
  begin(): Promise<void> {
    return Promise.resolve();
  }

  /** Does it. Throws when it fails. */
  abstract apply(): Promise<void>;

  /** Records what it left. */
  abstract end(outcome: "succeeded" | "failed"): Promise<void>;

  /** Lets the program, and so the dependents, go on. */
  complete(): void {
    if (this.now) this.done(this.now);
  }

  /** The step as events show it. */
  metadata(op: Op = this.op): StepMetadata {
    return {
      op,
      urn: this.resource.urn,
      type: this.resource.type,
      old: stepState(this.old),
      new: stepState(this.now),
      ...(this.keys.length ? { keys: [...this.keys] } : {}),
      ...(this.diffs.length ? { diffs: [...this.diffs] } : {}),
      ...(this.detailed ? { detailedDiff: this.detailed } : {}),
      logical: this.logical,
      provider: this.resource.provider,
    };
  }
}
