import type { Match } from "./match";

/** What becomes of the frames of a match that no decision before it matches. */
export interface Decision {
  match: Match;
  accepts: boolean;
}

/** Decisions, of which the first that matches a frame counts. The last matches every frame. */
export type Decisions = readonly Decision[];
