import { constants, write as writeDescriptor } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Work } from "../command";
import { UsageError } from "../usageError";

/** The destination of frames. */
interface Sink {
  /** Closed once it has ended or failed. */
  stream: Writable;
  /** Removes the file's earlier content. */
  begin(): Promise<void>;
}

const STANDARD_OUTPUT = 1;
const OWNER_ONLY = 0o600;
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK;
/** Milliseconds until a pipe that was full is tried again. */
const FULL = 20;
/** Milliseconds until a named pipe that nobody read is tried again. */
const UNREAD = 100;
/** Milliseconds after a signal in which a full pipe is waited for. The process ends after four seconds. */
const LAST = 2500;

const writeOnce = promisify(writeDescriptor);

/**
 * Does work with the stream to a file. Rejects as `openSink` and the work do. A file that could not be written to its end is reported as a
 * problem, unless its reader has closed it: that one has seen enough.
 */
export async function withSink<Result>(
  file: string,
  { output, signal }: { output: Pick<Work["output"], "complain">; signal: AbortSignal },
  work: (sink: Sink) => Promise<Result>,
): Promise<Result> {
  const sink = await openSink(file, signal);
  const closed = finished(sink.stream).then(
    () => undefined,
    (failure: NodeJS.ErrnoException) => failure,
  );
  try {
    return await work(sink);
  } finally {
    sink.stream.end();
    const failure = await closed;
    if (failure !== undefined && failure.code !== "EPIPE")
      output.complain(`${file === "-" ? "standard output" : file} is incomplete: ${failure.message}`);
  }
}

/**
 * Opens a file for frames, or standard output for `-`. A file is readable by its owner only, because frames may be confidential. It keeps
 * its earlier content until there is something to write. A named pipe is waited for until somebody reads it. Throws a UsageError. `ending`:
 * after it, a reader that does not read is waited for no longer.
 */
export async function openSink(file: string, ending: AbortSignal): Promise<Sink> {
  if (file === "-")
    return { stream: streamTo(STANDARD_OUTPUT, async () => {}, ending), begin: async () => {} };
  let handle: FileHandle | undefined;
  try {
    handle = await openFile(file, ending);
    const isFile = (await handle.stat()).isFile();
    if (isFile) await handle.chmod(OWNER_ONLY);
    const opened = handle;
    return {
      stream: streamTo(opened.fd, () => opened.close(), ending),
      begin: async () => (isFile ? opened.truncate() : undefined),
    };
  } catch (error) {
    await handle?.close();
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}`);
  }
}

/** Opens a file without blocking: to open a named pipe that nobody reads would block a thread, and with it the end of the process. */
async function openFile(file: string, ending: AbortSignal): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(file, FLAGS, OWNER_ONLY);
    } catch (error) {
      if (codeOf(error) !== "ENXIO" || !(await stat(file)).isFIFO()) throw error;
      if (ending.aborted) throw new Error("nobody reads it");
      await sleep(UNREAD, undefined, { signal: ending }).catch(() => {});
    }
  }
}

/**
 * A stream to an open file. It waits while a pipe is full, which a non-blocking pipe reports as EAGAIN: Node.js makes standard output
 * non-blocking, and `fs.WriteStream` fails after some tries.
 */
function streamTo(fd: number, close: () => Promise<void>, ending: AbortSignal): Writable {
  const late = after(ending, LAST);
  let writing: Promise<void> = Promise.resolve();
  return new Writable({
    writev(chunks, done) {
      writing = writeAll(fd, Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), late);
      writing.then(() => done(), done);
    },
    destroy(error, done) {
      // Another file may get the number of a closed one, so nothing may still be being written.
      const closing = writing.catch(() => {}).then(close);
      closing.then(
        () => done(error),
        (failure: Error) => done(error ?? failure),
      );
    },
  });
}

async function writeAll(fd: number, bytes: Buffer, late: AbortSignal): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += (await writeOnce(fd, bytes, at, bytes.length - at, null)).bytesWritten;
    } catch (error) {
      if (codeOf(error) !== "EAGAIN") throw error;
      if (late.aborted) throw new Error("its reader does not read");
      await sleep(FULL);
    }
  }
}

/** A signal that is aborted so many milliseconds after another. */
function after(signal: AbortSignal, milliseconds: number): AbortSignal {
  const late = new AbortController();
  const begin = () => void setTimeout(() => late.abort(), milliseconds).unref();
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  return late.signal;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
