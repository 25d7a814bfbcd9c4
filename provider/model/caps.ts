import type { Facts } from "../ovs/facts";
import type { Claim } from "../schema/claim";
import type { Problem } from "./desired";
import { tappingOf } from "./groups";

/**
 * The first release of each series in which a meter behind a patch port drops only packets that pass that port. Earlier
 * releases drop the frame itself, production included (Open vSwitch's commit dadd8357f: the copy into the patch port
 * was always treated as the last one).
 */
const SAFE_RELEASES = new Map([
  ["2.13", 7],
  ["2.14", 5],
  ["2.15", 4],
  ["2.16", 3],
]);

/** Whether this Open vSwitch can cap copies without affecting production; true if its version is unknown. */
export function capsSpareProduction(version: string | undefined): boolean {
  const [, series, major, minor, patch] = /^((\d+)\.(\d+))\.(\d+)/.exec(version ?? "") ?? [];
  if (series === undefined || Number(major) > 2 || Number(minor) > 16) return true;
  const safe = SAFE_RELEASES.get(series);
  return safe !== undefined && Number(patch) >= safe;
}

const SAFE = [...SAFE_RELEASES].map(([series, patch]) => `${series}.${patch}`).join(", ");

/** Problems of caps that would affect production. */
export function unsafeCaps(claims: readonly Claim[], { version }: Facts): Problem[] {
  if (capsSpareProduction(version)) return [];
  return claims
    .filter((claim) => tappingOf(claim)?.source.rateLimit !== undefined)
    .map(({ owner, kind }) => {
      const [limit, without] =
        kind === "capture"
          ? ["the rate of a capture", "capture all frames (--rate 0)"]
          : ["a rateLimit", "leave rateLimit out"];
      return {
        owner,
        code: "rate-limit-unsafe",
        message: `Open vSwitch ${version} would also drop production frames whose copies exceed ${limit}`,
        hint: `Update Open vSwitch on the host (${SAFE}, 2.17 and later are safe), or ${without}`,
      };
    });
}
