import type { Op } from "../events";
import { unknownValue } from "../properties";
import { equalValues } from "../propertyDiff";
import type { ResourceState } from "../resourceState";
import { type Run, Step } from "./step";

/** Looks a resource up that something else owns. In a preview too, if its id is known. */
export class ReadStep extends Step {
  readonly op: Op;
  override readonly logical: boolean;
  override now: ResourceState;

  constructor(
    run: Run,
    states: { old: ResourceState | undefined; now: ResourceState },
    done: (state: ResourceState) => void,
  ) {
    super(run, states, done);
    this.now = states.now;
    this.logical = !this.replacesOwned;
    this.op = this.replacesOwned ? "read-replacement" : "read";
  }

  private get replacesOwned(): boolean {
    return this.old !== undefined && !this.old.external && this.old.id !== this.now.id;
  }

  /** A look-up that finds what it found before is not worth telling of. */
  override get counts(): boolean {
    return (
      this.logical && this.old?.outputs !== undefined && !equalValues(this.old.outputs, this.now.outputs)
    );
  }

  override begin(): Promise<void> {
    return this.run.snapshot.begin(this.now, "reading");
  }

  async apply(): Promise<void> {
    const { old, now } = this;
    const { id, urn, inputs } = now;
    const replaces = this.replacesOwned;
    now.outputs = {};
    if (id !== unknownValue) {
      const read = await this.run.providers.of(now).read({ urn, id, inputs, state: inputs });
      if (!read.id) throw new Error(`resource '${id}' does not exist`);
      now.outputs = read.outputs;
      now.id = read.id;
    }
    if (old && replaces) old.delete = true;
    now.created = old?.created;
    const changed = old && !(equalValues(old.inputs, now.inputs) && equalValues(old.outputs, now.outputs));
    now.modified = changed ? new Date().toISOString() : old?.modified;
  }

  end(outcome: "succeeded" | "failed"): Promise<void> {
    if (outcome === "failed") return this.run.snapshot.end(this.now, {});
    const gone = this.old && !this.old.delete ? [this.old] : [];
    return this.run.snapshot.end(this.now, { gone, made: [this.now] });
  }
}
