import { verifyOptions } from "../provider/schema/verify";
import type { TapVerification, TapVerifications } from "../provider/verify/verification";
import type { CommandSpec } from "./command";
import type { ExitCode } from "./exitCode";
import { UsageError } from "./usageError";

interface VerifyOptions {
  deliver?: true;
  stages?: true;
  window?: string;
}

/** `verify`: checks whether every tap delivers now. */
export const verify: CommandSpec<VerifyOptions> = {
  name: "verify",
  summary: "check for every tap whether it delivers, and where it does not",
  description: `Checks for every tap whose source or monitor is on one of the hosts whether it delivers, stage by stage: source, capture, filter,
tunnel, delivery. A stage is proved by the hosts' counters, and by a probe frame through each tunnel that no monitor and no VM receives. What
it adds to hosts expires by itself.`,
  examples: [
    "verify --hosts hosts.json",
    "verify --project taps --stack prod --window 30",
    "verify --host compute1 --stages --json",
  ],
  configure(command) {
    command
      .option(
        "--window <seconds>",
        "how long to count frames (default: 2); use more for taps with little traffic",
      )
      .option("--stages", "print every stage of every tap, not only those that are not proved")
      .option("--deliver", "also deliver one probe of each path, of EtherType 0x88b5, to its monitors");
  },
  check: ({ window }) => void secondsOf(window),
  async run({ context, hosts, options, output }) {
    const { verifyTaps } = await import("../provider/verify/verifyTaps.js");
    const window = secondsOf(options.window);
    const found = await verifyTaps(context, hosts, {
      ...(window === undefined ? {} : { window }),
      ...(options.deliver && { deliver: true }),
      progress: (text) => output.progress(text),
    });
    output.answer({ taps: found.taps });
    for (const { host, reason, code } of found.unseen) output.complain(reason, { host, code });
    for (const tap of found.taps) {
      output.line(headline(tap));
      if (options.stages || tap.verdict !== "proved") for (const line of stageLines(tap)) output.line(line);
    }
    output.line(summary(found.taps));
    return exitCode(found);
  },
};

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parsed = verifyOptions.window.safeParse(text.trim() === "" ? text : Number(text));
  if (parsed.success) return parsed.data;
  throw new UsageError(`--window ${parsed.error.issues[0]!.message}`);
}

const WORDS: Record<TapVerification["verdict"], string> = {
  proved: "proved",
  "no-traffic": "no traffic to tell",
  wrong: "WRONG",
  outside: "proved up to the collector",
  unknown: "unknown",
  disabled: "disabled",
  ended: "ended",
};

function headline({
  verdict,
  owner,
  sourceHost,
  sourcePorts,
  destination,
  tunnelId,
}: TapVerification): string {
  const source = [sourceHost, ...sourcePorts].join(" ");
  return `${WORDS[verdict]}: ${owner} (${source} -> ${destination}, tunnel id ${tunnelId})`;
}

function stageLines({ stages }: TapVerification): string[] {
  return stages.map(
    ({ stage, verdict, host, detail }) => `  ${stage.padEnd(8)}  ${WORDS[verdict]}, ${host}: ${detail}`,
  );
}

/** How many taps have each verdict. */
function summary(taps: readonly TapVerification[]): string {
  if (taps.length === 0) return "no taps";
  const counts = Object.entries(WORDS).flatMap(([verdict, words]) => {
    const count = taps.filter((tap) => tap.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  return `${taps.length} ${taps.length === 1 ? "tap" : "taps"}: ${counts.join(", ")}`;
}

function exitCode({ taps, unseen }: TapVerifications): ExitCode {
  if (taps.some(({ verdict }) => verdict === "wrong")) return 1;
  return unseen.length > 0 || taps.some(({ verdict }) => verdict === "unknown") ? 2 : 0;
}
