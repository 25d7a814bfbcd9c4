import * as z from "zod";

/** Seconds for which frames are counted. */
const countingWindow = z
  .number("must be a number of seconds")
  .gt(0, "must be above 0 seconds")
  .max(3600, "must be at most 3600 seconds")
  .default(2);

/** How taps are verified. */
export const verifyOptions = { window: countingWindow };
