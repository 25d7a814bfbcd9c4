import { isOurObject } from "../../../provider/model/identity";
import { driftedStatus } from "../../../provider/resource/status";
import type { HostRow } from "../../api/rows";
import type { HostView } from "./hostWatch";

/** The most Mirrors that Open vSwitch supports on a bridge. */
export const MIRRORS = 32;

/** The row of a host. */
export function hostRow(view: HostView): HostRow {
  const { record, inspection, error, at } = view;
  const { name, address } = record;
  const claims = [...(inspection?.read.claims.values() ?? [])];
  const mirrors = Object.values(inspection?.facts.mirrors ?? {});
  const count = (holds: (claim: (typeof claims)[number]) => boolean): number => claims.filter(holds).length;
  return {
    ...{ name, address },
    state: error !== undefined ? "unreachable" : inspection === undefined ? "asking" : "reachable",
    ...(error === undefined ? {} : { reason: error.message }),
    ...(inspection?.facts.version === undefined ? {} : { ovsVersion: inspection.facts.version }),
    ...keeperOf(view),
    drift: (inspection?.differences ?? []).map(({ what }) => driftedStatus([what]).replace(/^drifted: /, "")),
    ...(inspection === undefined ? {} : { mirrorsUsed: fullest(view) }),
    mirrorsLimit: MIRRORS,
    foreignMirrors: mirrors
      .filter((mirror) => !isOurObject(mirror))
      .map(({ name: mirror }) => mirror)
      .sort(),
    taps: count((claim) => claim.kind === "flow" && claim.source !== undefined),
    services: count(({ kind }) => kind === "service"),
    ...(at === undefined ? {} : { lookedAt: at }),
  };
}

/** The Mirrors of the bridge with the most of them, because the limit applies to each bridge. */
function fullest({ inspection }: HostView): number {
  return Math.max(0, ...(inspection?.facts.bridges ?? []).map(({ mirrors }) => mirrors.length));
}

function keeperOf({ inspection }: HostView): Pick<HostRow, "keeper"> {
  const wanted = [...(inspection?.read.claims.values() ?? [])].some(({ keeper }) => keeper === true);
  if (inspection === undefined || !wanted) return {};
  return { keeper: inspection.differences.some(({ keeper }) => keeper === true) ? "stale" : "running" };
}
