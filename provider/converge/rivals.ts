import type { Claim } from "../schema/claim";
import { writer } from "./run";

/** What two stacks with one name and different states do, and what to do about it. */
export const RIVALS = "the two undo each other's changes: give one of them another project or stack name";

/** Milliseconds within which an operation confirms what it wrote, with room for clocks that differ. */
const RECENT = 10 * 60 * 1000;

/**
 * Whether the run that left a claim pending may still be going on: another user or machine wrote it, minutes ago. The
 * engine runs a stack once at a time, so such a run has another state. It is a guess, because a killed job of a CI may
 * have had another machine's name, and one user may run two states on one machine.
 */
export function mayGoOn({ kind, writer: by, time }: Claim): boolean {
  return kind !== "capture" && by !== writer() && Math.abs(Date.now() - Date.parse(time)) < RECENT;
}

/** What to tell of what such runs have left. `what`: what is done with it. */
export function rivalText(what: string, claims: readonly Claim[]): string {
  const writers = [...new Set(claims.map((claim) => claim.writer))].join(" and ");
  const times = claims.map((claim) => claim.time).sort();
  return `${what} as what a killed run left, written by ${writers} at ${times.at(-1)}. That is right if that run was killed. If it is still going on, it belongs to a stack with the same name and another state, and ${RIVALS}`;
}
