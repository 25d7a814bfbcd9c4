/** The errors of writing to standard output and standard error. */
export interface WriteErrors {
  /** Resolves to the first one, once all errors of writes up to now are known. */
  first(): Promise<Error | undefined>;
}

/**
 * Notes that output could not be written, such as to a file on a full disk. The command goes on, because it may be in
 * the middle of a change of a host. A reader that closes the output early, such as `head`, is no error. No command
 * prints without end.
 */
export function noteWriteErrors(): WriteErrors {
  let first: Error | undefined;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") first ??= error;
    });
  }
  return {
    async first() {
      await new Promise((resolve) => setImmediate(resolve));
      return first;
    },
  };
}
