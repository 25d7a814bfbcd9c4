import type { CaptureWish } from "../../provider/capture/wish";
import type { HostRecord } from "../../provider/host/host";
import { locate } from "../../provider/resource/locate";
import type { CommandSpec, Work } from "../command";
import { isNothingSeen, lookAtAll } from "../looks";
import { UsageError } from "../usageError";
import { addCaptureOptions, type CaptureOptions, readWish, snapOf, wholeNumber } from "./options";
import { writeCapture } from "./write";

interface Options extends CaptureOptions {
  port: string;
  write: string;
  duration?: string;
  count?: string;
}

/** Seconds that a capture lasts by default. */
const DEFAULT_DURATION = 60;
/** The most seconds: timers count milliseconds in 31 bits. */
const LONGEST_DURATION = Math.floor(0x7fff_ffff / 1000);

/** `capture`: writes a port's frames to a file or to standard output. */
export const captureCommand: CommandSpec<Options> = {
  name: "capture",
  summary: "capture the frames of a VM's port into a pcapng file",
  description: `Captures the frames of a VM's port, as the VM sends and receives them, into a pcapng file or to standard output. Nothing is
installed or run on the host. Copying ends within 10 seconds if this command is killed. EXPRESSION selects frames, as for tcpdump
(pcap-filter(7)).`,
  examples: [
    "capture --host compute1 --port tap-web 'tcp port 443' --write web.pcapng",
    "capture --hosts hosts.json --port vm=11111111-2222-3333-4444-555555555555/0 --write - | wireshark -k -i -",
  ],
  lifetime: "service",
  configure(command) {
    command
      .argument("[expression...]", "which frames to capture; default: all")
      .requiredOption(
        "--port <port>",
        "name of the port, or iface-id=ID, mac=ADDRESS, vm=UUID or vm=UUID/VNIC",
      )
      .requiredOption("--write <file>", "file to write, or - for standard output")
      .option(
        "--duration <seconds>",
        `seconds until the capture ends, 0: never by itself (default: ${DEFAULT_DURATION})`,
      )
      .option("--count <frames>", "number of frames until the capture ends");
    addCaptureOptions(command);
  },
  check(options) {
    readWish(options.port, "", options);
    snapOf(options);
    durationOf(options);
    wholeNumber("--count", options.count);
    if (options.write === "-" && options.json === true)
      throw new UsageError("--json and --write - both use standard output: give one of them");
  },
  async run(work) {
    const { options, args, output } = work;
    const expression = args.join(" ");
    const wish = readWish(options.port, expression, options);
    const host = await hostOf(work, wish);
    if (host === undefined) return 2;
    const captured = await writeCapture(work, host, wish, {
      file: options.write,
      snapLength: snapOf(options),
      expression,
      duration: durationOf(options),
      count: wholeNumber("--count", options.count),
    });
    output.answer({ capture: { host: host.name, file: options.write, ...captured } });
    const { frames, bytes, capped, dropped, missed } = captured;
    const lost = [
      ...(missed === 0
        ? []
        : [`${missed} more were dropped by ovs-vswitchd: it, or the connection to it, was too slow`]),
      ...(capped === 0 ? [] : [`${capped} more were over the rate`]),
      ...(dropped === 0 ? [] : [`${dropped} more could not be written fast enough`]),
    ];
    const told = [`${frames} frames, ${bytes} bytes`, ...lost].join("; ");
    if (options.write === "-") output.notice(told);
    else output.line(told);
    return 0;
  },
};

/** The seconds until the capture ends; undefined: it does not by itself. Throws a UsageError. */
function durationOf({ duration }: Pick<Options, "duration">): number | undefined {
  const seconds = wholeNumber("--duration", duration) ?? DEFAULT_DURATION;
  if (seconds > LONGEST_DURATION)
    throw new UsageError(`--duration must be at most ${LONGEST_DURATION}, or 0: it does not end by itself`);
  return seconds === 0 ? undefined : seconds;
}

/** The one host on the command line; of several, the one that has the port. Undefined if none can be reached. */
async function hostOf(work: Work, { port }: CaptureWish): Promise<HostRecord | undefined> {
  if (work.hosts.length === 1) return work.hosts[0];
  const seen = await lookAtAll(work);
  return isNothingSeen(seen) ? undefined : locate(seen.looks, port, () => false, "required").record;
}
