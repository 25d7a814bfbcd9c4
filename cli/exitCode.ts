/** 0: done, and all is well; 1: the output or the errors name something wrong; 2: nothing could be done. */
export type ExitCode = 0 | 1 | 2;
