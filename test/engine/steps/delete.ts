import type { Op } from "../events";
import type { ResourceState } from "../resourceState";
import { type Run, Step } from "./step";

/** Why a resource is deleted: for good; after its replacement was made; or before, with the replacement to come. */
export type DeleteReason = "unwanted" | "replaced" | "to-be-replaced";

/** A protected resource was to be deleted; other deletions go on. */
export class ProtectedError extends Error {
  constructor(urn: string) {
    super(
      `resource ${JSON.stringify(urn)} cannot be deleted\nbecause it is protected. To unprotect the resource, ` +
        "either remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`, " +
        `or use the command:\n\`pulumi state unprotect '${urn}'\``,
    );
    this.name = "ProtectedError";
  }
}

/** Removes a resource. */
export class DeleteStep extends Step {
  readonly op: Op;
  override readonly logical: boolean;
  override readonly old: ResourceState;

  constructor(
    run: Run,
    old: ResourceState,
    private readonly reason: DeleteReason,
  ) {
    super(run, { old });
    this.old = old;
    this.logical = reason === "unwanted";
    if (old.external) this.op = this.logical ? "discard" : "discard-replaced";
    else this.op = this.logical ? "delete" : "delete-replaced";
  }

  override begin(): Promise<void> {
    return this.run.snapshot.begin(this.old, "deleting");
  }

  async apply(): Promise<void> {
    const { old } = this;
    if (this.logical && old.protect) throw new ProtectedError(old.urn);
    const goesWithAnother = old.deletedWith !== "" && this.run.deletions.has(old.deletedWith);
    if (
      this.run.mode === "update" &&
      old.custom &&
      !old.external &&
      !old.retainOnDelete &&
      !goesWithAnother
    ) {
      await this.run.providers.of(old).delete({
        urn: old.urn,
        id: old.id,
        inputs: old.inputs,
        outputs: old.outputs ?? {},
        timeout: old.customTimeouts?.delete ?? 0,
      });
    }
    if (this.reason === "to-be-replaced") old.pendingReplacement = true;
  }

  end(outcome: "succeeded" | "failed"): Promise<void> {
    const gone = outcome === "succeeded" && !this.old.pendingReplacement ? [this.old] : [];
    return this.run.snapshot.end(this.old, { gone });
  }
}

/** Forgets a resource that was deleted to be replaced and is no longer wanted. */
export class RemovePendingReplaceStep extends Step {
  readonly op = "remove-pending-replace";
  override readonly logical = false;

  async apply(): Promise<void> {}

  end(): Promise<void> {
    return this.run.snapshot.end(this.resource, { gone: [this.resource] });
  }
}
