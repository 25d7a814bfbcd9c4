import type { TaasError } from "../errors";

/** A transaction that the database refused, and its message. */
export interface Refusal {
  operations: string;
  error: TaasError;
}

/**
 * Another writer has changed the host since it was read, or a port was deleted, so the plan is outdated. `reconcile`
 * catches it and starts again from a fresh read; no operator sees it.
 */
export class OtherWriter extends Error {
  /** `refusal`: the database's message, if that may be the reason. */
  constructor(readonly refusal?: Refusal) {
    super("another writer was faster");
    this.name = "OtherWriter";
  }
}

/** Throws `OtherWriter` if a guard did not hold. */
export function requireHeld(held: boolean): void {
  if (!held) throw new OtherWriter();
}
