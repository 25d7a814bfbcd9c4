import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { stackOf } from "../model/identity";
import { type Claim, claim as claimSchema } from "../schema/claim";

/**
 * Identifies this run; a pending claim of another run of the same stack is a leftover. It is the process's own, unless
 * the environment names one: an engine may run several providers for a stack, which must not clean up after each other.
 */
export const RUN = process.env.TAAS_RUN ?? randomBytes(8).toString("hex");

/** Draws an incarnation token. */
export function drawToken(): string {
  return randomBytes(8).toString("hex");
}

let known: string | undefined;

/** The writer in claims, in a form that people can ask for: user@machine. Read from the system once. */
export function writer(): string {
  known ??= `${username()}@${hostname()}`.slice(0, 256);
  return known;
}

function username(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown"; // a uid without a passwd entry, as in containers
  }
}

/** Whether a claim is pending from another run of the same stack, which was killed. */
export function isLeftover(claim: Claim, stack: string): boolean {
  return claim.pending !== undefined && claim.pending !== RUN && stackOf(claim.owner) === stack;
}

/**
 * Milliseconds after which a pending claim belongs to nobody: far longer than any operation, and than clocks differ.
 */
const EXPIRY = 24 * 3600 * 1000;

/** Whether a pending claim is so old that its run is certainly over, whoever's it was. */
export function isExpired(claim: Claim): boolean {
  return claim.pending !== undefined && claim.pending !== RUN && Date.parse(claim.time) < Date.now() - EXPIRY;
}

/** The claim that a pending one replaced, and that is restored if the pending one is not confirmed. */
export function replacedBy(claim: Claim): Claim | undefined {
  if (claim.pending === undefined || claim.replaces === undefined) return undefined;
  try {
    const replaced = claimSchema.parse(JSON.parse(claim.replaces));
    return replaced.owner === claim.owner && replaced.kind === claim.kind ? replaced : undefined;
  } catch {
    return undefined;
  }
}
