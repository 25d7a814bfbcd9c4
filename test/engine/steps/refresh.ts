import type { Op } from "../events";
import { equalValues } from "../propertyDiff";
import { InitFailure, type ReadResult } from "../provider";
import type { ResourceState } from "../resourceState";
import { isProviderType } from "../urn";
import { type Run, Step } from "./step";

/** Reads a resource and takes over what it finds. */
export class RefreshStep extends Step {
  readonly op = "refresh";
  override readonly logical = false;
  private found: Op = "same";

  /** What it amounts to, once applied; `now` is then the state as read, and absent when the resource is gone. */
  override get resultOp(): Op {
    return this.found;
  }

  override get counts(): boolean {
    return true;
  }

  constructor(run: Run, old: ResourceState) {
    super(run, { old, now: old });
  }

  async apply(): Promise<void> {
    const old = this.old as ResourceState;
    if (!old.custom || isProviderType(old.type) || old.pendingReplacement) return;
    const provider = this.run.providers.of(old);
    const { urn, id, inputs } = old;
    let initErrors: string[] = [];
    const read = await provider
      .read({ urn, id, inputs, state: old.outputs ?? {} })
      .catch((error: Error): ReadResult => {
        if (!(error instanceof InitFailure)) throw error;
        initErrors = error.reasons;
        const message = `Refreshed resource is in an unhealthy state:\n* ${error.reasons.join("\n* ")}`;
        this.run.log.diagnose("warning", message, urn);
        return { id: error.id, outputs: error.outputs };
      });
    if (!read.id) {
      this.now = undefined;
      this.found = "delete";
      return;
    }
    const now = { ...old, id: read.id, inputs: read.inputs ?? inputs, outputs: read.outputs, initErrors };
    const changed = !(equalValues(now.inputs, old.inputs) && equalValues(now.outputs, old.outputs));
    if (changed) now.modified = new Date().toISOString();
    this.now = now;
    this.found = (await this.differs(old, now)) ? "update" : "same";
  }

  /** Whether an `up` of an unchanged program would now find something to do, seen from the other side. */
  private async differs(old: ResourceState, now: ResourceState): Promise<boolean> {
    if (old.external) return !equalValues(old.outputs, now.outputs);
    const diff = await this.run.providers.of(old).diff({
      urn: old.urn,
      id: now.id,
      oldInputs: now.inputs,
      oldOutputs: now.outputs ?? {},
      newInputs: old.inputs,
      ignoreChanges: old.ignoreChanges,
    });
    return diff.changes;
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}
