import { endedCaptures } from "./captures";
import type { OpenHost } from "./hosts";
import type { FoundClaim } from "./leftovers";
import type { Look } from "./look";

/** The captures on the hosts of some looks that are no longer running: they hinder nobody. */
export async function capturesLeft(open: OpenHost, looks: Iterable<Look>): Promise<FoundClaim[]> {
  const left = [...looks].map(async (seen) => {
    const { claims } = seen.read;
    if (![...claims.values()].some(({ kind }) => kind === "capture")) return [];
    const ended = await open(seen.record).use((access) => endedCaptures(access, claims));
    return ended.map((claim) => ({ seen, claim }));
  });
  return (await Promise.all(left)).flat();
}
