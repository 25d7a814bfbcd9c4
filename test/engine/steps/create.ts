import type { Op } from "../events";
import { InitFailure } from "../provider";
import type { ResourceState } from "../resourceState";
import { type Run, Step } from "./step";

/** What a create replaces, and when that goes: now marked for deletion at the end, or already gone. */
export interface Replacement {
  readonly old: ResourceState;
  readonly order: "create-first" | "delete-first";
  readonly keys: readonly string[];
  readonly diffs: readonly string[];
}

/** Makes a new resource. */
export class CreateStep extends Step {
  readonly op: Op;
  override readonly logical: boolean;
  override readonly keys: readonly string[];
  override readonly diffs: readonly string[];
  override now: ResourceState;

  constructor(
    run: Run,
    now: ResourceState,
    done: (state: ResourceState) => void,
    private readonly replacement?: Replacement,
  ) {
    super(run, { old: replacement?.old, now }, done);
    this.now = now;
    this.op = replacement ? "create-replacement" : "create";
    this.logical = !replacement;
    this.keys = replacement?.keys ?? [];
    this.diffs = replacement?.diffs ?? [];
  }

  override begin(): Promise<void> {
    return this.run.snapshot.begin(this.now, "creating");
  }

  async apply(): Promise<void> {
    const failure = this.now.custom ? await this.create() : undefined;
    this.now.outputs ??= {};
    this.now.created = this.now.modified = new Date().toISOString();
    if (this.replacement?.order === "create-first") this.replacement.old.delete = true;
    if (failure) throw failure;
  }

  private async create(): Promise<InitFailure | undefined> {
    const { urn, inputs, customTimeouts } = this.now;
    try {
      const provider = this.run.providers.of(this.now);
      const created = await provider.create({ urn, inputs, timeout: customTimeouts?.create ?? 0 });
      this.now.id = created.id;
      this.now.outputs = created.outputs;
      return undefined;
    } catch (error) {
      if (!(error instanceof InitFailure)) throw error;
      this.now.id = error.id;
      this.now.outputs = error.outputs;
      this.now.initErrors = error.reasons;
      return error;
    }
  }

  end(outcome: "succeeded" | "failed"): Promise<void> {
    if (outcome === "failed") return this.run.snapshot.end(this.now, {});
    const gone = this.replacement?.old.pendingReplacement ? [this.replacement.old] : [];
    return this.run.snapshot.end(this.now, { gone, made: [this.now] });
  }
}
