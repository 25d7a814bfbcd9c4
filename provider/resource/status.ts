import { HalfDoneError } from "../converge/intent";
import type { HostRecord } from "../host/host";
import { printableLine } from "../printable";
import type { Properties } from "./resource";

/** The `status` output of a resource that has drifted. */
export function driftedStatus(differences: readonly string[]): string {
  const shown = differences.slice(0, 8).map(brief).join("; ");
  return `drifted: ${differences.length > 8 ? `${shown}; and ${differences.length - 8} more` : shown}`;
}

/** One difference on one line, without characters that could control a terminal. */
function brief(difference: string): string {
  const line = printableLine(difference);
  return line.length > 1000 ? `${line.slice(0, 1000)}...` : line;
}

/** The status of a flow after its end. */
export const ENDED = "ended";

/**
 * The status of a flow that has ended, with the names of the hosts on which claims of it are left. An update deletes
 * them.
 */
export function endedStatus(left: readonly string[]): string {
  return left.length === 0 ? ENDED : `${ENDED} (left on ${left.join(", ")})`;
}

/** Whether a recorded status is that of a flow after its end. */
export function isEnded(status: unknown): boolean {
  return typeof status === "string" && status.startsWith(ENDED);
}

/**
 * The status of a resource that copies nothing, because hosts that it needs no longer exist. No update can repair it, so
 * it is no drift.
 */
export function lostStatus(hosts: readonly Pick<HostRecord, "name">[]): string {
  return `lost (${goneText(hosts)})`;
}

/** Which hosts are declared gone, in words. */
export function goneText(hosts: readonly Pick<HostRecord, "name">[]): string {
  const names = [...new Set(hosts.map(({ name }) => name))];
  return `${names.join(", ")} ${names.length === 1 ? "is" : "are"} declared gone`;
}

/** Whether a recorded status calls for a repair. */
export function isDrifted(status: unknown): boolean {
  return typeof status === "string" && status.startsWith("drifted");
}

/**
 * The form of error that tells Pulumi that a resource exists but is not as it should be: the state then records the
 * properties.
 */
export interface PartialFailure {
  id: string;
  properties: Properties;
  reasons: string[];
}

/**
 * What to record of a resource whose operation failed half done, so that the next run completes it; undefined if
 * nothing was left behind. `recorded`: the inputs of a create, the old outputs of an update.
 */
export function halfDone(error: unknown, id: string, recorded: Properties): PartialFailure | undefined {
  if (!(error instanceof HalfDoneError)) return undefined;
  const properties = { ...recorded, status: driftedStatus(["incomplete"]), incarnation: error.token };
  return { id, properties, reasons: error.reasons };
}
