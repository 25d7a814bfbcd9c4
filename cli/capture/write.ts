import { capture } from "../../provider/capture/capture";
import { type Recorded, type RecordLimits, record } from "../../provider/capture/record";
import type { CaptureWish } from "../../provider/capture/wish";
import type { HostRecord } from "../../provider/schema/host";
import type { Work } from "../command";
import { packageVersion } from "../version";
import { withSink } from "./sink";

/** Where frames are written, and for how long. */
export interface Target extends RecordLimits {
  /** A path, or `-` for standard output. */
  file: string;
  snapLength: number;
  /** The expression as it was given. */
  expression: string;
}

/**
 * Captures the frames of a host's port into a pcapng file. Resolves to what was captured; rejects as `capture` and
 * `withSink` do.
 */
export function writeCapture(
  { context, output, signal }: Pick<Work, "context" | "output" | "signal">,
  host: HostRecord,
  wish: CaptureWish,
  { file, snapLength, expression, ...limits }: Target,
): Promise<Recorded & { port: string }> {
  const options = { ending: signal, warn: (message: string) => output.complain(message) };
  return withSink(file, { output, signal }, ({ stream, begin }) =>
    capture(context.open(host), wish, options, async (capturing) => {
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
    }),
  );
}
