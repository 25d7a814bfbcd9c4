import type { FlowClaim } from "../schema/claim";

/** Whether a tap has ended at a moment, in milliseconds since 1970. */
export function hasEnded({ until }: Pick<FlowClaim, "until">, now: number): boolean {
  return until !== undefined && Date.parse(until) <= now;
}
