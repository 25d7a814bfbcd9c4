import type { Op } from "../events";
import type { ResourceState } from "../resourceState";
import { type Run, Step } from "./step";

/** Takes a resource into the state that exists already, and does nothing else to it. */
export class ImportStep extends Step {
  readonly op: Op = "import";
  override now: ResourceState;

  constructor(run: Run, now: ResourceState, done: (state: ResourceState) => void) {
    super(run, { now }, done);
    this.now = now;
  }

  async apply(): Promise<void> {
    const { now } = this;
    const provider = this.run.providers.of(now);
    const read = await provider.read({ urn: now.urn, id: now.id, inputs: {}, state: {} });
    if (!read.id) throw new Error(`resource '${now.id}' does not exist`);
    const olds = read.inputs ?? {};
    now.inputs = (await provider.check({ urn: now.urn, olds, news: olds })).inputs;
    now.outputs = read.outputs;
    now.id = read.id;
    now.created = now.modified = new Date().toISOString();
  }

  end(outcome: "succeeded" | "failed"): Promise<void> {
    return this.run.snapshot.end(this.now, outcome === "failed" ? {} : { made: [this.now] });
  }
}
