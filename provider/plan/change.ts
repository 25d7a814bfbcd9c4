import type { ErrorCode } from "../errorCodes";
import type { Flow } from "../ovs/openflow";
import type { Operation } from "../ovs/operations";

/**
 * The subject of a difference: a port or a Mirror by its name, a rule of a bridge, a meter by its number, a setting of
 * a whole bridge, or a problem.
 */
export type Subject =
  | { port: string }
  | { mirror: string }
  | { rule: Flow; bridge: string; is: "missing" | "unexpected" }
  | { meter: number }
  | { bridge: string }
  | { problem: ErrorCode };

/**
 * A step of a plan: the difference in words, the owners of the claims it concerns, and the OVSDB operations that repair
 * it.
 */
export interface Change {
  /** One line for people: `missing port mt-..`, `altered mirror ..`. */
  what: string;
  /** Absent if no copy passes through it: the keeper, a count of changes. */
  about?: Subject;
  owners: readonly string[];
  operations: Operation[];
  /** It is what a writer leaves for a moment, between two of its transactions. */
  transient?: true;
}
