import type { TaasError } from "../errors";

/** A transaction that the database has refused, and its words. */
export interface Refusal {
  operations: string;
  error: TaasError;
}

/**
 * Another writer has changed the host since it was read, or a port has gone: what was planned from it is no longer right.
 * `reconcile` catches it and begins anew from a fresh read; no operator sees it.
 */
export class OtherWriter extends Error {
  /** `refusal`: what the database said, where that may be the reason. */
  constructor(readonly refusal?: Refusal) {
    super("another writer was faster");
    this.name = "OtherWriter";
  }
}

/** Throws `OtherWriter` where a guard did not hold. */
export function requireHeld(held: boolean): void {
  if (!held) throw new OtherWriter();
}
