import { Surveyor } from "../../provider/survey/surveyor";
import type { CommandSpec, Work } from "../command";
import { collect } from "../options";
import { UsageError } from "../usageError";
import type { Proofs } from "./proofs";
import type { Endpoint } from "./serve";

interface MetricsOptions {
  listen: string;
  name?: string[];
  timeout: string;
  verify?: string;
}

/** The most seconds that one read may wait for a host. */
const LONGEST = 3600;
/** Seconds between two verifications: it takes some to count frames, and a day without one says nothing of now. */
const VERIFY = { least: 10, most: 86_400 } as const;

/** `metrics`: serves the hosts' counters, and whether they are as their claims say, to Prometheus. */
export const metrics: CommandSpec<MetricsOptions> = {
  name: "metrics",
  summary: "serve what taps count, drift and reachability to Prometheus",
  description: `Serves what taps count, drift, reachability and Mirrors left to Prometheus. Hosts are read when Prometheus asks, and
one connection a host is kept. Without --verify, nothing on them is changed. With it, all taps are also verified again and again, as the command
verify does.`,
  examples: [
    "metrics --hosts hosts.json",
    "metrics --project taps --stack prod --listen 127.0.0.1:9843 --timeout 5 --verify 300",
  ],
  configure(command) {
    command
      .option("--listen <address:port>", "where to listen", "127.0.0.1:9843")
      .option(
        "--name <name>",
        "full name of this machine or of a proxy on it, as Prometheus or the proxy asks for it; repeat for more",
        collect,
      )
      .option("--timeout <seconds>", "how long a reading waits for a host", "8")
      .option(
        "--verify <seconds>",
        "verify all taps so often, and serve when each was proved (default: never)",
      );
  },
  check(options) {
    endpointOf(options);
    timeoutOf(options);
    verifyEvery(options);
  },
  lifetime: "service",
  async run(work) {
    const { context, hosts, options, output, signal } = work;
    const [{ Exposition }, { serve }, { Proofs }] = await Promise.all([
      import("./exposition.js"),
      import("./serve.js"),
      import("./proofs.js"),
    ]);
    const surveyor = new Surveyor(context, hosts, timeoutOf(options) * 1000);
    const exposition = new Exposition();
    const proofs = new Proofs();
    const note = noteFailures(work);
    const text = async () => {
      const surveys = await surveyor.survey();
      for (const { record, error } of surveys) note(record.name, error);
      return exposition.text(surveys, proofs);
    };
    const listening = (url: string) => {
      output.line(`metrics of ${hosts.length} hosts: ${url}`);
      verifyAgain(work, proofs).catch((error: unknown) => output.complain(error));
    };
    try {
      await serve({ contentType: exposition.contentType, text }, endpointOf(options), { signal, listening });
    } catch (error) {
      output.complain(`cannot listen on ${options.listen}: ${(error as Error).message}`);
      return 2;
    }
    return 0;
  },
};

/** Verifies all taps as often as the operator asks for. */
async function verifyAgain(
  { context, hosts, options, output, signal }: Work<MetricsOptions>,
  proofs: Proofs,
): Promise<void> {
  const seconds = verifyEvery(options);
  if (seconds === undefined) return;
  const { verifyTaps } = await import("../../provider/verify/verifyTaps.js");
  const failed = ({ message }: Error) => output.notice(`the taps could not be verified: ${message}`);
  await proofs.repeat(() => verifyTaps(context, hosts), { seconds, signal, failed });
}

/** Says once why a host cannot be read, and once that it can again. */
function noteFailures({ output }: Pick<Work, "output">): (host: string, error: Error | undefined) => void {
  const failed = new Map<string, string>();
  return (host, error) => {
    if (failed.get(host) === error?.message) return;
    if (error === undefined) {
      failed.delete(host);
      output.notice(`host ${host} can be read again`);
    } else {
      failed.set(host, error.message);
      output.notice(error.message);
    }
  };
}

/** Where the options say to listen, and under which further names. Throws a UsageError if they are not valid. */
export function endpointOf({ listen, name = [] }: Pick<MetricsOptions, "listen" | "name">): Endpoint {
  const parts = /^(?:\[([\da-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(listen);
  const port = Number(parts?.[3]);
  if (parts === null || port > 65535)
    throw new UsageError("--listen must be like 127.0.0.1:9843 or [::1]:9843");
  if (!name.every((one) => /^[^\s:/]+$/.test(one)))
    throw new UsageError("--name must be a host name without a port, such as node1.example.org");
  return { host: parts[1] ?? parts[2]!, port, names: name };
}

function timeoutOf({ timeout }: MetricsOptions): number {
  const seconds = Number(timeout);
  if (seconds > 0 && seconds <= LONGEST) return seconds;
  throw new UsageError(`--timeout must be a number of seconds above 0 and at most ${LONGEST}`);
}

function verifyEvery({ verify }: MetricsOptions): number | undefined {
  if (verify === undefined) return undefined;
  const seconds = verify.trim() === "" ? Number.NaN : Number(verify);
  if (seconds >= VERIFY.least && seconds <= VERIFY.most) return seconds;
  throw new UsageError(`--verify must be a number of seconds from ${VERIFY.least} to ${VERIFY.most}`);
}
