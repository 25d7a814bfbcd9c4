/**
 * Another writer has changed the host since it was read, or a port has gone: what was planned from it is no longer right.
 * `reconcile` catches it and begins anew from a fresh read; no operator sees it.
 */
export class OtherWriter extends Error {
  constructor() {
    super("another writer was faster");
    this.name = "OtherWriter";
  }
}

/** Throws `OtherWriter` where a guard did not hold. */
export function requireHeld(held: boolean): void {
  if (!held) throw new OtherWriter();
}
