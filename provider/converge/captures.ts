import { captureCookie } from "../model/capture";
import { dumpFlows } from "../ovs/dumpFlows";
import { isLeased, LEASED } from "../ovs/leases";
import type { CaptureClaim, Claim } from "../schema/claim";
import { type HostAccess, ofctlTarget, tapBridgeOf } from "./access";
import { deleteEdit, type Edit } from "./edit";
import { RUN } from "./run";

/**
 * Milliseconds that a capture may take to start: its claim is written before the rules that show that it is running.
 */
const BEGINNING = 60_000;

function isBeginning({ pending, time }: CaptureClaim): boolean {
  if (pending === undefined) return false;
  return pending === RUN || Math.abs(Date.now() - Date.parse(time)) < BEGINNING;
}

/** The cookies of the leased rules of a host's tap bridge. */
async function readLeases(access: HostAccess): Promise<ReadonlySet<bigint>> {
  const told = await access.tapSwitch.leases();
  if (told !== undefined) return told;
  const flows = await dumpFlows(ofctlTarget(access, tapBridgeOf(access.record)), { match: LEASED });
  return new Set(flows.filter(isLeased).map(({ cookie }) => cookie));
}

/**
 * The captures among claims that are no longer running: their command was killed, or cannot reach the host. They copy
 * nothing any more. If there are captures, the bridge is asked which ones are running.
 */
export async function endedCaptures(
  access: HostAccess,
  claims: ReadonlyMap<string, Claim>,
): Promise<CaptureClaim[]> {
  const captures = [...claims.values()].filter((claim) => claim.kind === "capture");
  const due = captures.filter((claim) => !isBeginning(claim));
  if (due.length === 0) return [];
  const held = await readLeases(access);
  return due.filter((claim) => !held.has(captureCookie(claim)));
}

/** The edits that delete captures which are no longer running, except those that an operation's own edits concern. */
export async function captureCleanUps(
  access: HostAccess,
  claims: ReadonlyMap<string, Claim>,
  edits: readonly Edit[],
): Promise<Edit[]> {
  const edited = new Set(edits.map(({ owner }) => owner));
  const ended = await endedCaptures(access, claims);
  return ended
    .filter(({ owner }) => !edited.has(owner))
    .map(({ owner, token }) => ({ ...deleteEdit(owner, token), kind: "clean-up" }));
}
