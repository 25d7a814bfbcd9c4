import type { Facts } from "../ovs/facts";
import type { Claim } from "../schema/claim";
import type { Problem } from "./desired";
import { tappingOf } from "./groups";

/**
 * The first release of each series in which a meter behind a patch port drops nothing but what goes through that port. Before, it
 * dropped the frame itself, production and all (Open vSwitch's commit dadd8357f: the copy in the patch port was always taken for the last).
 */
const SAFE_RELEASES = new Map([
  ["2.13", 7],
  ["2.14", 5],
  ["2.15", 4],
  ["2.16", 3],
]);

/** Whether this Open vSwitch can cap copies and leave production alone; true where it does not say what it is. */
export function capsSpareProduction(version: string | undefined): boolean {
  const [, series, major, minor, patch] = /^((\d+)\.(\d+))\.(\d+)/.exec(version ?? "") ?? [];
  if (series === undefined || Number(major) > 2 || Number(minor) > 16) return true;
  const safe = SAFE_RELEASES.get(series);
  return safe !== undefined && Number(patch) >= safe;
}

const SAFE = [...SAFE_RELEASES].map(([series, patch]) => `${series}.${patch}`).join(", ");

/** Caps that would harm production. */
export function unsafeCaps(claims: readonly Claim[], { version }: Facts): Problem[] {
  if (capsSpareProduction(version)) return [];
  return claims
    .filter((claim) => tappingOf(claim)?.source.rateLimit !== undefined)
    .map(({ owner }) => ({
      owner,
      code: "rate-limit-unsafe",
      message: `Open vSwitch ${version} would drop production's own frames with the copies that are over a rateLimit`,
      hint: `Update Open vSwitch there (${SAFE}, 2.17 and later do not), or leave rateLimit out`,
    }));
}
