import { HalfDoneError } from "../converge/intent";
import type { Properties } from "./resource";

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
  const properties = { ...recorded, status: "drifted: half made", incarnation: error.token };
  return { id, properties, reasons: error.reasons };
}
