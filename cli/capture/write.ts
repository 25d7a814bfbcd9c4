import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { capture } from "../../provider/capture/capture";
import { type Recorded, type RecordLimits, record } from "../../provider/capture/record";
import type { CaptureWish } from "../../provider/capture/wish";
import type { HostRecord } from "../../provider/schema/host";
import type { Work } from "../command";
import { UsageError } from "../usageError";
import { packageVersion } from "../version";

/** Where frames go, and for how long. */
export interface Target extends RecordLimits {
  /** A path, or `-` for standard output. */
  file: string;
  snapLength: number;
  /** The expression as it was given. */
  expression: string;
}

const STANDARD_OUTPUT = 1;

/** Opens the file, for its owner alone: a capture has what others may not see. Throws a UsageError. */
async function openFile(file: string): Promise<WriteStream> {
  if (file === "-") return createWriteStream("", { fd: STANDARD_OUTPUT, autoClose: false });
  const stream = createWriteStream(file, { mode: 0o600 });
  try {
    await once(stream, "open");
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}`);
  }
  return stream;
}

/** Captures a port's frames of a host into a file, as pcapng. Resolves to what was captured; errors are those of `capture`. */
export async function writeCapture(
  { context, output, signal }: Pick<Work, "context" | "output" | "signal">,
  host: HostRecord,
  wish: CaptureWish,
  { file, snapLength, expression, ...limits }: Target,
): Promise<Recorded & { port: string }> {
  const stream = await openFile(file);
  // What becomes of it is seen by who writes; without this, a reader that goes would end the process.
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
      const recorded = await record(capturing, source, stream, limits);
      return { ...recorded, port: capturing.portName };
    });
  } finally {
    if (!stream.destroyed) await new Promise<void>((resolve) => stream.end(() => resolve()));
  }
}
