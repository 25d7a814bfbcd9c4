/** How long something has been waited for, and what has come meanwhile, whatever it was. */
export interface Waited {
  /** Milliseconds since it was asked for. */
  asked: number;
  /** Milliseconds since anything came, or since it was asked for. */
  silent: number;
  /** Bytes that have come since it was asked for. */
  heard: number;
}

/** Says for how many milliseconds more an answer is waited for; none from 0 on. */
export type Patience = (waited: Waited) => number;

/** So many milliseconds, whatever comes before the answer. */
export function within(milliseconds: number): Patience {
  return ({ asked }) => milliseconds - asked;
}

/** Bytes a second of the slowest connection that answers are waited for on: 64 kbit/s. */
const SLOWEST = 8 * 1024;
/** Bytes that may come before an answer: what buffers between a bridge and this program hold is less. */
const MOST_BEFORE = 64 * 1024 * 1024;

/**
 * So many milliseconds of silence. Over a slow connection an answer waits behind frames, so it is waited for as long as these come; but not for a
 * peer that only pretends, by a few bytes now and then or by a stream without end.
 */
export function whileTalking(milliseconds: number): Patience {
  return ({ asked, silent, heard }) =>
    heard > MOST_BEFORE
      ? 0
      : Math.min(milliseconds - silent, milliseconds + (heard * 1000) / SLOWEST - asked);
}
