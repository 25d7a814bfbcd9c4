import { constants, createWriteStream, type WriteStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { capture } from "../../provider/capture/capture";
import { type Recorded, type RecordLimits, record } from "../../provider/capture/record";
import type { CaptureWish } from "../../provider/capture/wish";
import type { HostRecord } from "../../provider/schema/host";
import type { Work } from "../command";
import { UsageError } from "../usageError";
import { packageVersion } from "../version";

/** Where frames are written, and for how long. */
export interface Target extends RecordLimits {
  /** A path, or `-` for standard output. */
  file: string;
  snapLength: number;
  /** The expression as it was given. */
  expression: string;
}

const STANDARD_OUTPUT = 1;
const OWNER_ONLY = 0o600;

/** The destination of frames. */
interface Sink {
  stream: WriteStream;
  /** Removes the file's earlier content. */
  begin(): Promise<void>;
}

/**
 * Opens the file, readable by its owner only, because a capture may contain confidential data. Earlier content is kept
 * until there is something to write. Throws a UsageError.
 */
async function openFile(file: string): Promise<Sink> {
  if (file === "-")
    return {
      stream: createWriteStream("", { fd: STANDARD_OUTPUT, autoClose: false }),
      begin: async () => {},
    };
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_WRONLY | constants.O_CREAT, OWNER_ONLY);
    const isFile = (await handle.stat()).isFile();
    if (isFile) await handle.chmod(OWNER_ONLY);
    const opened = handle;
    return {
      stream: opened.createWriteStream(),
      begin: async () => (isFile ? opened.truncate() : undefined),
    };
  } catch (error) {
    await handle?.close();
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}`);
  }
}

/**
 * Captures the frames of a host's port into a pcapng file. Resolves to what was captured; rejects as `capture` does.
 */
export async function writeCapture(
  { context, output, signal }: Pick<Work, "context" | "output" | "signal">,
  host: HostRecord,
  wish: CaptureWish,
  { file, snapLength, expression, ...limits }: Target,
): Promise<Recorded & { port: string }> {
  const { stream, begin } = await openFile(file);
  // The writer reports errors of the stream; without this listener, a closed reader would end the process.
  stream.on("error", () => {});
  const options = { ending: signal, warn: (message: string) => output.complain(message) };
  try {
    return await capture(context.open(host), wish, options, async (capturing) => {
      output.progress(`capturing ${capturing.portName} on ${host.name}; Ctrl-C ends it`);
      const source = {
        application: `pulumi-taas ${packageVersion()}`,
        port: capturing.portName,
        description: `Open vSwitch port ${capturing.portName} of ${host.name} (${host.address}), ${wish.direction}`,
        filter: expression === "" ? undefined : expression,
        snapLength,
      };
      await begin();
      const recorded = await record(capturing, source, stream, limits);
      return { ...recorded, port: capturing.portName };
    });
  } finally {
    if (!stream.destroyed) await new Promise<void>((resolve) => stream.end(() => resolve()));
  }
}
