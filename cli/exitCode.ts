/** 0: done, and all is well; 1: something is wrong that the output or the errors name; 2: nothing could be done. */
export type ExitCode = 0 | 1 | 2;
