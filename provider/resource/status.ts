import { HalfDoneError } from "../converge/intent";
import { printableLine } from "../printable";
import type { Properties } from "./resource";

/** The state a resource is in, as its `status` output says. */
export function driftedStatus(differences: readonly string[]): string {
  const shown = differences.slice(0, 8).map(brief).join("; ");
  return `drifted: ${differences.length > 8 ? `${shown}; and ${differences.length - 8} more` : shown}`;
}

/** One difference on one line, without what a host could steer a terminal with. */
function brief(difference: string): string {
  const line = printableLine(difference);
  return line.length > 1000 ? `${line.slice(0, 1000)}...` : line;
}

/** The status of a flow from its end on. */
export const ENDED = "ended";

/** The status of a flow that has ended, by the names of the hosts where claims of it are left. An update deletes these. */
export function endedStatus(left: readonly string[]): string {
  return left.length === 0 ? ENDED : `${ENDED} (left on ${left.join(", ")})`;
}

/** Whether a recorded status asks for a repair. */
export function isDrifted(status: unknown): boolean {
  return typeof status === "string" && status.startsWith("drifted");
}

/** What Pulumi takes for "it exists, but not as it should": the state then records the properties. */
export interface PartialFailure {
  id: string;
  properties: Properties;
  reasons: string[];
}

/**
 * What is recorded of a resource whose operation failed half-way, so that the next run finishes it; undefined when
 * nothing was left behind. `recorded`: the inputs of a create, the old outputs of an update.
 */
export function halfDone(error: unknown, id: string, recorded: Properties): PartialFailure | undefined {
  if (!(error instanceof HalfDoneError)) return undefined;
  const properties = { ...recorded, status: driftedStatus(["half made"]), incarnation: error.token };
  return { id, properties, reasons: error.reasons };
}
