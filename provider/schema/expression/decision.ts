import type { Match } from "./match";

/** What happens to frames that a match matches and no earlier decision does. */
export interface Decision {
  match: Match;
  accepts: boolean;
}

/** Decisions; the first that matches a frame applies. The last one matches every frame. */
export type Decisions = readonly Decision[];
