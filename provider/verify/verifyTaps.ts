import type { HostRecord } from "../host/host";
import { writesOf } from "../plan/claims";
import type { Context } from "../resource/context";
import { verifyOptions } from "../schema/verify";
import { countedBy } from "./examine";
import { examineAll } from "./examineAll";
import { type Gathered, gather, type Sourced } from "./gather";
import { judgeTap, judgeUnsourced } from "./judge";
import type { ProbeResult } from "./probe";
import { probeTaps } from "./probeTaps";
import { seeAll } from "./see";
import type { TapVerification, TapVerifications } from "./verification";

/** How taps are verified. */
export interface VerifyOptions {
  /** Seconds for which frames are counted, above 0 and at most 3600. Default 2. */
  window?: number;
  /** Whether monitors also receive the probes. Default: they do not. */
  deliver?: boolean;
  /** Receives progress messages. */
  progress?(text: string): void;
}

/** Seconds for which frames are counted if nobody says how long. */
const DEFAULT_WINDOW = verifyOptions.window.parse(undefined);

/** How often verification is repeated for taps that another writer changed meanwhile. */
const ATTEMPTS = 3;

/**
 * Reports for each tap with an end on one of the hosts whether it delivers, stage by stage. It writes no claim, and
 * what it adds to hosts expires by itself.
 */
export async function verifyTaps(
  context: Context,
  records: readonly HostRecord[],
  options: VerifyOptions = {},
): Promise<TapVerifications> {
  for (let attempt = 1; ; attempt++) {
    const { found, moved } = await verifyOnce(context, records, options);
    const sound = found.taps.every(({ verdict }) => verdict !== "wrong" && verdict !== "unknown");
    if (sound || attempt === ATTEMPTS || !(await moved())) return found;
  }
}

interface Attempt {
  found: TapVerifications;
  /** Whether another writer has changed a host since it was looked at. */
  moved(): Promise<boolean>;
}

async function verifyOnce(
  context: Context,
  records: readonly HostRecord[],
  { window = DEFAULT_WINDOW, deliver = false, progress = () => {} }: VerifyOptions,
): Promise<Attempt> {
  progress(`looking at ${records.length} hosts`);
  const seen = await seeAll(context, records);
  const { hosts, release } = await examineAll(seen, window);
  try {
    const gathered = gather(seen, hosts);
    progress(`verifying ${gathered.sourced.length} taps on ${hosts.size} hosts`);
    const results = await probeTaps(gathered.sourced, deliver ? "monitors" : "nobody");
    const taps = await judge(gathered, results, window);
    const moved = async (): Promise<boolean> => {
      const again = await seeAll(context, records);
      return [...hosts].some(([machine, { view }]) => {
        const now = again.hosts.get(machine)?.look.read;
        const { read } = view.look;
        return now?.generation !== read.generation || writesOf(now.bridge) !== writesOf(read.bridge);
      });
    };
    return { found: { taps, unseen: seen.unseen }, moved };
  } finally {
    release();
  }
}

async function judge(
  { sourced, unsourced }: Gathered,
  probes: ReadonlyMap<Sourced, ProbeResult>,
  seconds: number,
): Promise<TapVerification[]> {
  const judged = await Promise.all(
    sourced.map(async (tap) => {
      const { source, end, destination, faults } = tap;
      const there =
        destination !== undefined && "at" in destination
          ? { end: destination.end, host: destination.at.host, dead: destination.at.dead }
          : destination;
      return judgeTap({
        source: { end, host: source.host, dead: source.dead },
        destination: there,
        faults,
        ...(await countedBy(source)),
        seconds,
        probe: probes.get(tap),
      });
    }),
  );
  return [...judged, ...unsourced.map(judgeUnsourced)].sort((a, b) => (a.owner < b.owner ? -1 : 1));
}
