import { Surveyor } from "../../provider/survey/surveyor";
import type { CommandSpec, Work } from "../command";
import { UsageError } from "../usageError";
import type { Endpoint } from "./serve";

interface MetricsOptions {
  listen: string;
  timeout: string;
}

/** Seconds that one reading waits for a host at most. */
const LONGEST = 3600;

/** `metrics`: what hosts count and whether they are as their claims say, for Prometheus. */
export const metrics: CommandSpec<MetricsOptions> = {
  name: "metrics",
  summary: "serve what taps count, drift and reachability to Prometheus",
  description: `Serves what taps count, drift, reachability and Mirrors left to Prometheus. Hosts are read when Prometheus asks; nothing on them is
changed. One connection a host is kept.`,
  examples: [
    "metrics --hosts hosts.json",
    "metrics --project taps --stack prod --listen 127.0.0.1:9843 --timeout 5",
  ],
  configure(command) {
    command
      .option("--listen <address:port>", "where to listen", "127.0.0.1:9843")
      .option("--timeout <seconds>", "how long a reading waits for a host", "8");
  },
  check(options) {
    endpointOf(options);
    timeoutOf(options);
  },
  lifetime: "service",
  async run(work) {
    const { context, hosts, options, output, signal } = work;
    const [{ Exposition }, { serve }] = await Promise.all([import("./exposition.js"), import("./serve.js")]);
    const surveyor = new Surveyor(context, hosts, timeoutOf(options) * 1000);
    const exposition = new Exposition();
    const note = noteFailures(work);
    const text = async () => {
      const surveys = await surveyor.survey();
      for (const { record, error } of surveys) note(record.name, error);
      return exposition.text(surveys);
    };
    const listening = (url: string) => output.line(`metrics of ${hosts.length} hosts: ${url}`);
    try {
      await serve({ contentType: exposition.contentType, text }, endpointOf(options), { signal, listening });
    } catch (error) {
      output.complain(`cannot listen on ${options.listen}: ${(error as Error).message}`);
      return 2;
    }
    return 0;
  },
};

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

function endpointOf({ listen }: MetricsOptions): Endpoint {
  const parts = /^(?:\[([\da-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(listen);
  const port = Number(parts?.[3]);
  if (parts === null || port > 65535)
    throw new UsageError("--listen must be like 127.0.0.1:9843 or [::1]:9843");
  return { host: parts[1] ?? parts[2]!, port };
}

function timeoutOf({ timeout }: MetricsOptions): number {
  const seconds = Number(timeout);
  if (seconds > 0 && seconds <= LONGEST) return seconds;
  throw new UsageError(`--timeout must be a number of seconds above 0, and at most ${LONGEST}`);
}
